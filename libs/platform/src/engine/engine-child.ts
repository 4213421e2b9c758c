import { fork, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { AppError, errorCode, type StageOutcome } from '@attune/core';
import type { Confinement } from './confinement.js';
import type { ChildMessage, Phase, TaskName, TaskProgress, TaskRequest } from './protocol.js';

/** From the source (tests), the compiled code and a bundle alike, the child is the bundled one. */
const ENTRY = createRequire(import.meta.url).resolve('@attune/platform/engine-process');

/**
 * Nothing of the parent's environment reaches the child: it may hold secrets. Few arenas, because glibc otherwise keeps for each of
 * DuckDB's threads what a finished task has freed.
 */
const ENVIRONMENT = { PATH: '/usr/bin:/bin', MALLOC_ARENA_MAX: '2', TZ: 'UTC', UV_THREADPOOL_SIZE: '16' };

const KILL_AFTER_MS = 2_000;

/** How V8 and C++ say why they abort. It is looked for and never passed on: what stands around it may hold values. */
const OUT_OF_MEMORY = /out of memory|bad_alloc|allocation fail|Cannot allocate memory/i;
/** Characters of the last words that are kept. */
const LAST_WORDS = 16_384;

/** What a task left, and where its time went. */
export interface TaskDone {
  readonly outcome: StageOutcome;
  readonly phases: readonly Phase[];
}

interface Waiting {
  readonly id: number;
  readonly onProgress: (progress: TaskProgress) => void;
  readonly resolve: (done: TaskDone) => void;
  readonly reject: (error: Error) => void;
}

/** The parent's side of one engine process, which does one task at a time. */
export class EngineChild {
  /** Tasks it has been given. */
  tasks = 0;
  /** True once it was told to end; a process that ends without has crashed or was killed. */
  asked = false;
  /** Largest resident memory it has reported, in MB. */
  maxRssMb = 0;
  /** Resolves when it takes tasks; rejects when it ended before. */
  readonly ready: Promise<void>;
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>;
  readonly #process: ChildProcess;
  #waiting: Waiting | undefined;
  #isEnded = false;
  #lastWords = '';

  constructor({ command, args }: Confinement) {
    this.#process = fork(ENTRY, [], {
      execPath: command,
      execArgv: [...args],
      env: ENVIRONMENT,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let started = (): void => {};
    let notStarted = (_error: Error): void => {};
    this.ready = new Promise((resolve, reject) => {
      started = resolve;
      notStarted = reject;
    });
    this.ready.catch(() => {}); // whoever waits is told; nobody may be waiting
    this.#process.on('message', (message) => this.#take(message as ChildMessage, started));
    this.#process.stderr?.setEncoding('utf8').on('data', (words: string) => {
      this.#lastWords = (this.#lastWords + words).slice(-LAST_WORDS);
    });
    this.ended = new Promise((resolve) => {
      const end = (how: string): void => {
        this.#isEnded = true;
        // Nobody but us and the kernel kills an engine process, and we have asked for it then: a machine or a container without memory does.
        const starved = how === 'signal SIGKILL' && !this.asked;
        const error =
          starved || OUT_OF_MEMORY.test(this.#lastWords)
            ? new AppError('engine.out_of_memory', `the engine process could get no more memory and ended with ${how}`)
            : new AppError('engine.failed', `the engine process ended with ${how}`);
        notStarted(error);
        this.#settle()?.reject(error);
        resolve();
      };
      this.#process.once('error', () => this.#process.pid === undefined && end('an error at its start'));
      this.#process.once('close', (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
    });
  }

  get alive(): boolean {
    return !this.#isEnded && this.#process.connected;
  }

  run<Name extends TaskName>(request: TaskRequest<Name>, onProgress: (progress: TaskProgress) => void): Promise<TaskDone> {
    this.tasks++;
    return new Promise((resolve, reject) => {
      this.#waiting = { id: request.id, onProgress, resolve, reject };
      this.#process.send(request, (error) => {
        if (error !== null) this.#settle()?.reject(new AppError('engine.failed', 'the engine process could not be reached'));
      });
    });
  }

  /** Ends the process, politely at first; resolves when it has ended. */
  async kill(): Promise<void> {
    if (this.#isEnded) return;
    this.asked = true;
    this.#process.kill('SIGTERM');
    const harder = setTimeout(() => this.#process.kill('SIGKILL'), KILL_AFTER_MS);
    await this.ended;
    clearTimeout(harder);
  }

  #take(message: ChildMessage, started: () => void): void {
    if (message.kind === 'ready') return started();
    if (message.id !== this.#waiting?.id) return;
    switch (message.kind) {
      case 'progress':
        return this.#waiting.onProgress(message.progress);
      case 'outcome':
        this.maxRssMb = message.maxRssMb;
        return this.#settle()?.resolve({ outcome: message.outcome, phases: message.phases });
      case 'error':
        return this.#settle()?.reject(new AppError(errorCode(message.code), message.detail));
    }
  }

  #settle(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }
}
