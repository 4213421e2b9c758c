/**
 * Makes the stand-ins of deploy/offline/Dockerfile, for machines that reach Debian's packages but no image registry.
 * Needs root, podman, debootstrap and a build (npm run build).
 *
 *   node deploy/offline/make-bases.mjs
 *
 * The tree of Debian is made once, in .attune/offline; DEBIAN_MIRROR names another mirror, BUILD_NODE another Node (a file).
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
const FOLDER = join(ROOT, '.attune', 'offline');
const TREE = join(FOLDER, 'debian');
const CONTEXT = join(FOLDER, 'context');
const DEBIAN = 'localhost/attune-offline-debian:bookworm';
const NPM = process.env.npm_execpath ? join(process.env.npm_execpath, '..', '..') : '/usr/lib/node_modules/npm';

mkdirSync(FOLDER, { recursive: true });
if (spawnSync('podman', ['image', 'exists', DEBIAN]).status !== 0) {
  if (!existsSync(join(TREE, 'etc', 'debian_version')))
    run('debootstrap', ['--variant=minbase', 'bookworm', TREE, process.env.DEBIAN_MIRROR ?? 'http://deb.debian.org/debian']);
  const packed = join(FOLDER, 'debian.tar');
  run('tar', ['-C', TREE, '-cf', packed, '.']);
  run('podman', ['import', '--quiet', packed, DEBIAN]);
  rmSync(packed);
}

rmSync(CONTEXT, { recursive: true, force: true });
for (const folder of ['node/bin', 'node/lib/node_modules', 's3', 's3-server']) mkdirSync(join(CONTEXT, folder), { recursive: true });
copyFileSync(process.env.BUILD_NODE ?? process.execPath, join(CONTEXT, 'node/bin/node'));
cpSync(NPM, join(CONTEXT, 'node/lib/node_modules/npm'), { recursive: true });
cpSync(join(ROOT, 'libs/testing/dist/s3'), join(CONTEXT, 's3'), { recursive: true });
copyFileSync(join(import.meta.dirname, 'serve.mjs'), join(CONTEXT, 's3/serve.mjs'));
copyFileSync(join(ROOT, 'libs/testing/package.json'), join(CONTEXT, 's3/package.json'));
copyFileSync(join(import.meta.dirname, 'postgres.sh'), join(CONTEXT, 'postgres.sh'));
copyFileSync(join(import.meta.dirname, 's3.sh'), join(CONTEXT, 's3-server/s3.sh'));
const s3 = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'versitygw'))
  .find(existsSync);
if (s3 === undefined)
  console.log('There is no versitygw on the PATH (go install github.com/versity/versitygw/cmd/versitygw@latest): blobs stay in memory.');
else copyFileSync(s3, join(CONTEXT, 's3-server/versitygw'));
copyFileSync('/etc/ssl/certs/ca-certificates.crt', join(CONTEXT, 'certificates.crt'));
for (const target of ['node', 'run', 'servers', 's3'])
  run('podman', [
    ...['build', '--quiet', '--network', 'host', '--file', join(import.meta.dirname, 'Dockerfile')],
    ...['--target', target, '--tag', `localhost/attune-offline-${target}:bookworm`, CONTEXT],
  ]);

function run(command, args) {
  console.log(`${command} ${args.join(' ')}`);
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (status === 0) return;
  console.error(error?.message ?? `${command} ended with ${status}`);
  process.exit(1);
}
