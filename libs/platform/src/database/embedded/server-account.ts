import { spawnSync } from 'node:child_process';
import { chownSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { AppError } from '@attune/core';

/** The account without rights ("nobody") that stands in for root, as whom Postgres refuses to run. */
const NOBODY = 65534;

/** As whom the server runs, and how a program is started as that account. */
export interface ServerAccount {
  /** Command and arguments that run `program` as the account. */
  readonly command: (program: string, args: readonly string[]) => readonly [command: string, args: string[]];
  /** Members for the options of `spawn`. */
  readonly identity: { readonly uid?: number; readonly gid?: number };
  /** Gives a file or folder to the account, where it is not its own already. */
  readonly own: (path: string) => void;
}

const ourselves: ServerAccount = { command: (program, args) => [program, [...args]], identity: {}, own: () => undefined };

/** In a user namespace we look like nobody while every file stays ours: nothing has to be given away, and closed folders stay reachable. */
const namespaced: ServerAccount = {
  command: (program, args) => ['unshare', ['--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, '--', program, ...args]],
  identity: {},
  own: () => undefined,
};

function another(uid: number, gid: number): ServerAccount {
  return { ...ourselves, identity: { uid, gid }, own: (path) => chownSync(path, uid, gid) };
}

/** The same account, let through closed folders (a private home) to read, and nothing more: root's own right to pass is handed on. */
function passing(uid: number, gid: number): ServerAccount {
  // Without the secure bit access(2) forgets the right, and Postgres asks by access whether its own files are there.
  const right = ['--securebits=+no_setuid_fixup', '--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
  return {
    ...another(uid, gid),
    command: (program, args) => ['setpriv', [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...right, '--', program, ...args]],
    identity: {},
  };
}

/**
 * Chooses the account for the cluster in `dataDir`, which must exist (it may be empty). Only root has a choice: the owner
 * of the folder decides, and a folder of root's is given to nobody where the kernel has no user namespaces (containers, chroot).
 * Throws `dependency_unavailable` when the account could not reach `programs` or the folder.
 */
export function serverAccount(dataDir: string, programs: readonly string[]): ServerAccount {
  if (process.getuid?.() !== 0) return hasName() || !userNamespacesWork() ? ourselves : namespaced;
  const { uid, gid } = statSync(dataDir);
  if (uid === 0 && userNamespacesWork()) return namespaced;
  const account = uid === 0 ? { uid: NOBODY, gid: NOBODY } : { uid, gid };
  const closed = [dirname(dataDir), ...programs].map((path) => closedFolder(path, account)).find((folder) => folder !== undefined);
  const chosen = closed === undefined ? another(account.uid, account.gid) : passing(account.uid, account.gid);
  if (closed !== undefined && !passes(chosen, programs)) throw unreachable(closed, account.uid);
  if (uid === 0) giveAway(dataDir);
  return chosen;
}

/** In containers the user often has a number only, and `initdb` insists on a name. */
function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}

function userNamespacesWork(): boolean {
  const [command, args] = namespaced.command('true', []);
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function giveAway(folder: string): void {
  const { status } = spawnSync('chown', ['-R', `${NOBODY}:${NOBODY}`, folder], { stdio: 'ignore' });
  if (status !== 0)
    throw new AppError(
      'dependency_unavailable',
      `The folder ${folder} could not be given to the user ${NOBODY}, who runs the embedded PostgreSQL.`,
    );
}

/** The first folder on the way that does not let the account pass; Postgres itself would only say "Permission denied". */
function closedFolder(path: string, account: { uid: number; gid: number }): string | undefined {
  const stat = statSync(path);
  const bit = stat.uid === account.uid ? 0o100 : stat.gid === account.gid ? 0o010 : 0o001;
  if ((stat.mode & bit) === 0) return path;
  return dirname(path) === path ? undefined : closedFolder(dirname(path), account);
}

function passes(account: ServerAccount, programs: readonly string[]): boolean {
  return programs.every((program) => {
    const [command, args] = account.command('test', ['-x', program]);
    return spawnSync(command, args, { stdio: 'ignore', ...account.identity }).status === 0;
  });
}

function unreachable(folder: string, uid: number): AppError {
  const advice =
    'set ATTUNE_DATA_DIR to a folder that everybody can enter (for example under /var/lib), move the checkout out of the private folder, or run Attune as a normal user';
  return new AppError(
    'dependency_unavailable',
    `The embedded PostgreSQL cannot run as root, and the user ${uid} cannot enter ${folder}: ${advice}.`,
  );
}
