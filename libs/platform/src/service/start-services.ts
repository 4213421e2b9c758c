import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import path from 'node:path';
import { AppError, WORKER_SERVICES, type WorkerService } from '@attune/core';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ApiKeys } from '../auth/api-keys.js';
import type { BlobStore } from '../blobs/blob-store.js';
import { ArtifactsRepository } from '../database/artifacts.repository.js';
import { JobsRepository } from '../database/jobs.repository.js';
import { ReconcilerRepository } from '../database/reconciler.repository.js';
import { StagesRepository } from '../database/stages.repository.js';
import { Engine } from '../engine/engine.js';
import { GrpcServer } from '../grpc/grpc-server.js';
import { secureHeaders } from '../http/headers.js';
import { HealthChecks } from '../http/health.js';
import { measureRequests } from '../http/measure.js';
import { ProblemFilter } from '../http/problem.js';
import { assignRequestId } from '../http/request-id.js';
import { RingListener } from '../queue/listener.js';
import { Rings } from '../queue/rings.js';
import { Reconciler } from '../reconciler/reconciler.js';
import type { RunnerParts } from '../stages/runner-parts.js';
import { StageRunner } from '../stages/stage-runner.js';
import { errorName, nestLogger } from '../telemetry/logger.js';
import { Metrics } from '../telemetry/metrics.js';
import { appModule, type ProcessParts } from './app.module.js';
import { readVersion } from './version.js';
import { BLOBS, type Service } from './service.js';

const FINISH_MS = 20_000;
const PRESENCE_MS = 10_000;

export interface RunningProcess {
  readonly url: string;
  readonly grpcPort: number;
  /** Finishes or hands back the running stages, then closes everything. */
  close(): Promise<void>;
}

/** Starts the given services in this process: one HTTP server, one gRPC server, a runner per worker service. */
export async function startServices(services: readonly Service[], parts: ProcessParts): Promise<RunningProcess> {
  const app = await NestFactory.create<NestExpressApplication>(appModule(services, parts), {
    bodyParser: false,
    logger: nestLogger(parts.log),
    abortOnError: false,
  });
  app.disable('x-powered-by');
  app.use(assignRequestId, secureHeaders, measureRequests(app.get(Metrics), parts.log));
  app.useGlobalFilters(new ProblemFilter(parts.log));
  const names = new Set(services.map(({ name }) => name));
  const workers = WORKER_SERVICES.filter((service) => names.has(service));
  const engine =
    workers.length > 0
      ? new Engine({
          size: parts.config.engine.processes,
          memoryLimitMb: parts.config.engine.memoryLimitMb,
          threads: parts.config.engine.threads,
        })
      : undefined;
  const running = engine ? startRunners(app, services, workers, engine, parts) : [];
  const reconciler = names.has('gateway') ? reconcile(app, parts) : undefined;
  const grpc = new GrpcServer(
    services.flatMap((service) => [...service.calls]),
    { keys: app.get(ApiKeys), engine, scratchDir: path.join(parts.config.dataDir, 'scratch'), log: parts.log },
  );
  const close = async (): Promise<void> => {
    app.get(HealthChecks).drain();
    grpc.serving(false);
    await Promise.all(running.map((runner) => runner.stop()));
    await reconciler?.stop();
    await engine?.close();
    await grpc.close();
    app.getHttpServer().closeAllConnections();
    await app.close();
    await parts.database.close();
  };
  try {
    const grpcPort = await grpc.listen(parts.config.grpc.host, parts.config.grpc.port);
    const url = await listen(app, parts.config.http);
    return { url, grpcPort, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function listen(app: NestExpressApplication, { host, port }: { host: string; port: number }): Promise<string> {
  const server = app.getHttpServer();
  server.headersTimeout = 10_000;
  // Large uploads over slow lines are legal; the rest of a request's time is bounded by its own handlers.
  server.requestTimeout = 0;
  try {
    await app.listen(port, host);
  } catch (cause) {
    throw new AppError(
      'dependency_unavailable',
      `the address ${host}:${port} cannot be bound; is another Attune running? Set ATTUNE_HTTP_PORT to another port`,
      { cause },
    );
  }
  const address = server.address() as AddressInfo;
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}

function reconcile(app: NestExpressApplication, parts: ProcessParts): Reconciler {
  const reconciler = new Reconciler(parts.database, app.get(ReconcilerRepository), app.get(Rings), app.get(Metrics), parts.log);
  reconciler.start();
  return reconciler;
}

interface Running {
  stop(): Promise<void>;
}

function startRunners(
  app: NestExpressApplication,
  services: readonly Service[],
  workers: readonly WorkerService[],
  engine: Engine,
  parts: ProcessParts,
): Running[] {
  const metrics = app.get(Metrics);
  const runnerParts: RunnerParts = {
    stages: app.get(StagesRepository),
    jobs: app.get(JobsRepository),
    artifacts: app.get(ArtifactsRepository),
    blobs: app.get<BlobStore>(BLOBS),
    rings: app.get(Rings),
    engine,
    metrics,
    log: parts.log,
    scratchDir: path.join(parts.config.dataDir, 'scratch'),
  };
  const stages = services.flatMap((service) => [...service.stages]);
  const presence = app.get(ReconcilerRepository);
  void engine.warm().catch((error: unknown) => parts.log.warn({ error: errorName(error) }, 'the engine could not be warmed'));
  return workers.map((service) => {
    const worker = `${service}-${randomUUID()}`;
    const { slots } = parts.config;
    const runner = new StageRunner(service, worker, slots, stages, runnerParts);
    const listener = new RingListener(
      parts.queueUrl,
      service,
      slots,
      () => runner.work(),
      (what, error) => parts.log.warn({ what, error: errorName(error) }, 'the queue reported a failure'),
    );
    metrics.workerSlots.set({ service }, slots);
    const announce = (): void => {
      metrics.workerBusy.set({ service }, runner.busy);
      presence
        .seen({ id: worker, service, host: hostname(), version: readVersion().version, slots, busy: runner.busy })
        .catch((error: unknown) => parts.log.warn({ error: errorName(error) }, 'presence could not be written'));
    };
    const timer = setInterval(announce, PRESENCE_MS);
    announce();
    runner.start();
    return {
      stop: async () => {
        clearInterval(timer);
        await runner.stop(FINISH_MS);
        await listener.close(true);
      },
    };
  });
}
