import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '@attune/core';
import type { ApiKeys } from '../auth/api-keys.js';
import type { BlobStore } from '../blobs/blob-store.js';
import type { ArtifactsRepository } from '../database/artifacts.repository.js';
import type { JobsRepository } from '../database/jobs.repository.js';
import type { MappingsRepository } from '../database/mappings.repository.js';
import type { Engine } from '../engine/engine.js';
import type { JobWatch } from '../watch/job-watch.js';
import type { CallContext, CallerContext, GrpcCall, StreamCall, UnaryCall } from './grpc-call.js';

/** Who calls, and how long anybody waits for the answer. */
export interface Caller {
  /** API key. */
  readonly key: string | undefined;
  readonly requestId: string;
  readonly signal: AbortSignal;
}

export interface CallParts {
  readonly keys: ApiKeys;
  readonly engine: Engine | undefined;
  readonly blobs: BlobStore;
  readonly jobs: JobsRepository;
  readonly artifacts: ArtifactsRepository;
  readonly mappings: MappingsRepository;
  readonly watch: JobWatch;
  readonly scratchDir: string;
}

/** The calls that this process answers; the same answer whether they come over the wire or from the same process. */
export class Calls {
  constructor(
    readonly all: readonly GrpcCall[],
    private readonly parts: CallParts,
  ) {}

  /** The call behind `/attune.v1.Validator/Preview`, when this process can perform it. */
  find(methodPath: string): GrpcCall | undefined {
    return this.all.find(
      ({ kind, method }) => method.definition.path === methodPath && (kind === 'stream' || this.parts.engine !== undefined),
    );
  }

  /** The key is judged before anything else. @throws AppError unauthenticated, dependency_unavailable, and what the call throws. */
  async perform(call: UnaryCall, request: unknown, caller: Caller): Promise<unknown> {
    const context = await this.#contextOf(caller);
    const { engine } = this.parts;
    if (engine === undefined) throw new AppError('dependency_unavailable', 'this process has no engine');
    const scratch = path.join(this.parts.scratchDir, `call-${randomUUID()}`);
    await mkdir(scratch, { recursive: true, mode: 0o700 });
    try {
      return await unlessAborted(call.handle(request, { ...context, engine, scratch } satisfies CallContext), caller.signal);
    } catch (error) {
      // The engine ends before the last caller is gone only when the whole process does.
      if (!caller.signal.aborted && error instanceof AppError && error.code === 'stage.cancelled')
        throw new AppError('dependency_unavailable', 'this process is stopping', { cause: error });
      throw error;
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  async *stream(call: StreamCall, request: unknown, caller: Caller): AsyncGenerator<unknown> {
    yield* call.handle(request, await this.#contextOf(caller));
  }

  async #contextOf({ key, requestId, signal }: Caller): Promise<CallerContext> {
    const { keys, blobs, jobs, artifacts, mappings, watch } = this.parts;
    return { tenantId: await keys.tenantOf(key), requestId, signal, blobs, jobs, artifacts, mappings, watch };
  }
}

/** A call that does not look at its signal must not keep its caller waiting. */
async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  let giveUp = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason as Error);
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
