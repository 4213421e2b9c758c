// Programs of others that a check starts on this machine: whether they are there, their logs, and that none of them outlives the check.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Why a check cannot be executed here, or undefined: those of the programs that are not installed. */
export function missing(...programs) {
  const absent = programs.filter((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).error !== undefined);
  return absent.length > 0 ? `${absent.join(' and ')} not installed` : undefined;
}

/** Programs at work with a folder of theirs, which goes with them. */
export class Programs {
  #running = [];

  constructor(name) {
    this.folder = mkdtempSync(join(tmpdir(), `attune-${name}-`));
  }

  file(...names) {
    return join(this.folder, ...names);
  }

  start(program, args) {
    const log = openSync(this.file(`${program}.log`), 'w');
    this.#running.push({ program, child: spawn(program, args, { stdio: ['ignore', log, log], cwd: this.folder }) });
  }

  /** True when one of them has ended by itself. */
  get anyEnded() {
    return this.#running.some(({ child }) => child.exitCode !== null);
  }

  /** The last three lines that a program has written. */
  lastOf(program) {
    return readFileSync(this.file(`${program}.log`), 'utf8')
      .trim()
      .split('\n')
      .slice(-3)
      .join('\n');
  }

  /** Ends a program, if it is at work. */
  async end(program) {
    const place = this.#running.findLastIndex((one) => one.program === program);
    if (place < 0) return;
    const [{ child }] = this.#running.splice(place, 1);
    if (child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await Promise.race([ended, pause(10_000).then(() => child.kill('SIGKILL'))]);
  }

  /** Ends all of them, the last one first. */
  async endAll() {
    while (this.#running.length > 0) await this.end(this.#running.at(-1).program);
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
