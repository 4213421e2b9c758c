import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** Many processes may start at once on a machine that is busy with other things. */
const READY_MS = 240_000;

/** A program of ours as a process of its own, that can be stopped, killed and started again. */
export class AttuneProcess {
  #child;

  /** `readyUrl` answers 200 once the process takes work; without one it is ready when it says so on its output. */
  constructor({ name, args, environment, log, readyUrl }) {
    Object.assign(this, { name, args, environment, log, readyUrl });
  }

  get pid() {
    return this.#child?.pid;
  }

  get ended() {
    return this.#child === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** What the environment given last says more is kept for all starts that follow. */
  async start(more = this.more) {
    this.more = more;
    const log = fs.openSync(this.log, 'a');
    this.#child = spawn(process.execPath, this.args, { env: { ...this.environment, ...more }, stdio: ['ignore', log, log] });
    fs.closeSync(log);
    await this.ready();
  }

  async ready() {
    for (const deadline = Date.now() + READY_MS; ; await pause(50)) {
      if (this.ended) throw new Error(`${this.name} ended while starting; see ${this.log}`);
      const answer = await fetch(this.readyUrl).catch(() => undefined);
      if (answer?.status === 200) return;
      if (Date.now() > deadline) throw new Error(`${this.name} is not ready in time; see ${this.log}`);
    }
  }

  /** Holds the process still, until it is released or killed. */
  hold() {
    this.#child.kill('SIGSTOP');
  }

  release() {
    this.#child.kill('SIGCONT');
  }

  /** Ends the process as a power cut would; answers once it is gone. */
  kill() {
    return this.#end('SIGKILL');
  }

  /** Answers the exit code. */
  stop() {
    return this.#end('SIGTERM');
  }

  async #end(signal) {
    if (this.ended) return this.#child?.exitCode ?? null;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill(signal);
    await gone;
    return this.#child.exitCode;
  }
}
