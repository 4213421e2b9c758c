import { AppError, type StageOutcome } from '@attune/core';
import { DEFAULT_INFLATED_LIMIT } from '@attune/formats';
import { confinement, DEDUP_BYTES, processLimits, type ProcessLimits } from './confinement.js';
import { EngineChild } from './engine-child.js';
import { correlation } from '../telemetry/correlation.js';
import { inSpan, pastSpan } from '../telemetry/tracing.js';
import { failpointsFolder } from '../failpoints/failpoint.js';
import type { Phase, TaskInputs, TaskLimits, TaskName, TaskProgress } from './protocol.js';

export interface EngineOptions {
  /** Engine processes at most; one task each at a time, others wait their turn. */
  readonly size: number;
  /** Of one DuckDB, in MB; its process takes 300-500 MB more. */
  readonly memoryLimitMb: number;
  /** Threads of one DuckDB. */
  readonly threads: number;
  /** Bytes that a container may inflate to; 2 GiB where nothing is said. */
  readonly inflatedLimitBytes?: number;
  /** Decoded bytes between two checkpoints of the full pass; 64 MiB where nothing is said. */
  readonly shardBytes?: number;
  /** What the set of different rows may take in one process, beside DuckDB's memory; 512 MiB where nothing is said. */
  readonly dedupBytes?: number;
  /** What the operating system lets one process take; where nothing is said it follows from the memory and the threads. */
  readonly processLimits?: Partial<ProcessLimits>;
  /** Told once, before the first process, what of its confinement this machine does not permit: `network`, or the name of a limit. */
  readonly onUnconfined?: (missing: readonly string[]) => void;
  /** Told of every part of a task that is over. */
  readonly onPhase?: (phase: Phase) => void;
  /** Told how an engine process ended. */
  readonly onExit?: (reason: 'ok' | 'signal') => void;
}

export interface TaskCall {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TaskProgress) => void;
  /** Half the memory and one thread, for a task that could not get what it wanted. What it leaves is the same. */
  readonly frugal?: boolean;
}

/** A process that has done so many tasks makes room for a fresh one: foreign code may leak. One that has grown large does so sooner. */
const TASKS_PER_CHILD = 1000;
const TASKS_OF_LARGE_CHILD = 50;
const LARGE_MB = 512;
const SHARD_BYTES = 64 << 20;

/**
 * Runs tasks over data in processes of their own, which a crash, a bomb in a file or a cancelled job may cost and nothing else.
 * A few of them are kept warm, because starting one takes about half a second.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #idle: EngineChild[] = [];
  readonly #all = new Set<EngineChild>();
  readonly #queue: ((error?: Error) => void)[] = [];
  #busy = 0;
  #nextId = 1;
  #unconfinedTold = false;
  #closed = false;

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** Largest resident memory that a living engine process has reported, in MB. */
  get maxRssMb(): number {
    return Math.max(0, ...[...this.#all].map((child) => child.maxRssMb));
  }

  /** Process ids are not told; this many processes live. */
  get processes(): number {
    return this.#all.size;
  }

  /** Starts all processes ahead of the first task. */
  async warm(): Promise<void> {
    const missing = Math.max(0, this.#options.size - this.#all.size);
    const children = await Promise.all(Array.from({ length: missing }, () => this.#start()));
    this.#idle.push(...children);
  }

  /**
   * Does one task and resolves with what it left in its scratch directory. Rejects with the task's own AppError, with `engine.failed`
   * when the process died, or with the signal's reason once an aborted task's process has ended: nobody writes to scratch afterwards.
   */
  async run<Name extends TaskName>(task: Name, input: TaskInputs[Name], call: TaskCall = {}): Promise<StageOutcome> {
    call.signal?.throwIfAborted();
    await this.#turn(call.signal);
    try {
      const child = await this.#take();
      return await inSpan(`engine ${task}`, {}, () => this.#perform(child, task, input, call));
    } finally {
      this.#busy--;
      this.#queue.shift()?.();
    }
  }

  /** Ends all processes; tasks that are still at work or waiting are rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const wake of this.#queue.splice(0)) wake(closedError());
    await Promise.all([...this.#all].map((child) => child.kill()));
  }

  async #perform<Name extends TaskName>(child: EngineChild, task: Name, input: TaskInputs[Name], call: TaskCall): Promise<StageOutcome> {
    const abort = (): void => void child.kill();
    call.signal?.addEventListener('abort', abort, { once: true });
    try {
      if (call.signal?.aborted === true) abort();
      const { outcome, phases } = await child.run(
        { id: this.#nextId++, task, input, limits: this.#limits(call.frugal), correlation: correlation(), failpoints: failpointsFolder() },
        call.onProgress ?? (() => {}),
      );
      for (const phase of phases) {
        pastSpan(`engine ${phase.name}`, phase.startedAt, phase.endedAt);
        this.#options.onPhase?.(phase);
      }
      this.#giveBack(child);
      return outcome;
    } catch (error) {
      if (call.signal?.aborted === true) {
        await child.kill();
        throw call.signal.reason;
      }
      if (isOfTheData(error)) this.#giveBack(child);
      else await child.kill();
      throw error;
    } finally {
      call.signal?.removeEventListener('abort', abort);
    }
  }

  #limits(frugal = false): TaskLimits {
    const { memoryLimitMb, threads, inflatedLimitBytes, shardBytes, dedupBytes } = this.#options;
    const share = frugal ? 2 : 1;
    return {
      memoryLimitMb: Math.ceil(memoryLimitMb / share),
      threads: frugal ? 1 : threads,
      inflatedBytes: inflatedLimitBytes ?? DEFAULT_INFLATED_LIMIT,
      shardBytes: shardBytes ?? SHARD_BYTES,
      dedupBytes: Math.ceil((dedupBytes ?? DEDUP_BYTES) / share),
    };
  }

  /** Waits until fewer tasks are at work than there may be processes. */
  async #turn(signal?: AbortSignal): Promise<void> {
    if (this.#closed) throw closedError();
    if (this.#busy++ < this.#options.size) return;
    await new Promise<void>((resolve, reject) => {
      const wake = (error?: Error): void => {
        signal?.removeEventListener('abort', giveUp);
        if (error === undefined) resolve();
        else reject(error);
      };
      const giveUp = (): void => {
        this.#queue.splice(this.#queue.indexOf(wake), 1);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#queue.push(wake);
    }).catch((error: unknown) => {
      this.#busy--;
      throw error;
    });
  }

  async #take(): Promise<EngineChild> {
    for (let child = this.#idle.pop(); child !== undefined; child = this.#idle.pop()) if (child.alive) return child;
    return this.#start();
  }

  async #start(): Promise<EngineChild> {
    const { memoryLimitMb, threads, dedupBytes, processLimits: said } = this.#options;
    const how = await confinement({ ...processLimits(memoryLimitMb, threads, dedupBytes), ...said });
    if (this.#closed) throw closedError();
    if (how.missing.length > 0 && !this.#unconfinedTold) this.#options.onUnconfined?.(how.missing);
    this.#unconfinedTold = true;
    const child = new EngineChild(how);
    this.#all.add(child);
    void child.ended.then(() => {
      this.#all.delete(child);
      this.#options.onExit?.(child.asked ? 'ok' : 'signal');
    });
    await child.ready;
    return child;
  }

  #giveBack(child: EngineChild): void {
    const tasks = child.maxRssMb > LARGE_MB ? TASKS_OF_LARGE_CHILD : TASKS_PER_CHILD;
    if (this.#closed || child.tasks >= tasks) void child.kill();
    else this.#idle.push(child);
  }
}

/** What the data or the plan did is no reason to distrust the process. */
function isOfTheData(error: unknown): boolean {
  return error instanceof AppError && (error.errorClass === 'data' || error.errorClass === 'caller');
}

function closedError(): AppError {
  return new AppError('stage.cancelled', 'the engine is closed');
}
