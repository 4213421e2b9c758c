import { basename } from 'node:path';
import { isNativeError } from 'node:util/types';
import { AppError, type ErrorCode, type StageOutcome } from '@attune/core';
import { useFailpoints } from '../failpoints/failpoint.js';
import { DuckDb } from './duckdb.js';
import type { ChildMessage, Phase, Task, TaskContext, TaskInputs, TaskName, TaskRequest } from './protocol.js';
import { checkTask } from './tasks/check.js';
import { cutTask } from './tasks/cut.js';
import { decodeTask } from './tasks/decode.js';
import { fixesTask } from './tasks/fixes.js';
import { inspectTask } from './tasks/inspect.js';
import { loadTask } from './tasks/load.js';
import { publishTask } from './tasks/publish.js';
import { sampleTask } from './tasks/sample.js';
import { transformTask } from './tasks/transform.js';

/** The engine process: takes one task at a time from its parent, and lives no longer than the parent does. It never prints. */
const TASKS: { readonly [Name in TaskName]: Task<Name> } = {
  inspect: inspectTask,
  cut: cutTask,
  decode: decodeTask,
  transform: transformTask,
  fixes: fixesTask,
  check: checkTask,
  publish: publishTask,
  load: loadTask,
  sample: sampleTask,
};

const send = (message: ChildMessage): void => void process.send?.(message);

async function answer({ id, task, input, limits, correlation, failpoints }: TaskRequest): Promise<void> {
  useFailpoints(failpoints);
  process.title = ['attune-engine', task, correlation.job_id, correlation.stage].filter(Boolean).join(' ');
  const phases: Phase[] = [];
  const context: TaskContext = {
    limits,
    onProgress: (progress) => send({ kind: 'progress', id, progress }),
    timed: async (name, work) => {
      const startedAt = Date.now();
      const result = await work();
      phases.push({ name, startedAt, endedAt: Date.now() });
      return result;
    },
  };
  try {
    const outcome = await execute(task, input, context);
    send({ kind: 'outcome', id, outcome, phases, maxRssMb: Math.round(process.resourceUsage().maxRSS / 1024) });
  } catch (error) {
    send({ kind: 'error', id, ...told(error, task) });
  } finally {
    process.title = 'attune-engine idle';
    DuckDb.prepare();
  }
}

function execute<Name extends TaskName>(task: Name, input: TaskInputs[Name], context: TaskContext): Promise<StageOutcome> {
  return TASKS[task](input, context);
}

/** Texts of foreign errors may quote what they stumbled over, so only their kind and place are told. */
function told(error: unknown, task: TaskName): { code: ErrorCode; detail: string } {
  if (error instanceof AppError) return { code: error.code, detail: error.detail };
  const code = isNativeError(error) && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') return { code: 'storage_full', detail: 'the scratch directory has no space left' };
  if (code === 'EFBIG') return { code: 'storage_full', detail: 'a file has grown beyond what an engine process may write' };
  if (isOutOfMemory(error, code))
    return { code: 'engine.out_of_memory', detail: `the task ${task} could get no more memory${placeOf(error)}` };
  const kind = isNativeError(error) ? [error.name, code].filter(Boolean).join(' ') : 'something that is no error';
  return { code: 'engine.failed', detail: `the task ${task} ended with ${kind}${placeOf(error)}` };
}

/** A buffer that could not be had, a thread that has used its heap up, WebAssembly that could not grow. */
function isOutOfMemory(error: unknown, code: string | undefined): boolean {
  if (code === 'ERR_WORKER_OUT_OF_MEMORY' || code === 'ENOMEM') return true;
  return error instanceof RangeError && /allocation failed|could not allocate memory/i.test(error.message);
}

function placeOf(error: unknown): string {
  const place = isNativeError(error) ? /\(?((?:file:\/\/|\/)[^()\n]*:\d+:\d+)\)?$/m.exec(error.stack ?? '')?.[1] : undefined;
  return place === undefined ? '' : ` at ${basename(place)}`;
}

process.on('message', (request) => void answer(request as TaskRequest));
process.on('disconnect', () => process.exit(0));
DuckDb.prepare();
send({ kind: 'ready' });
