import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError, WORKER_SERVICES, type WorkerService } from '@attune/core';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { BlobStore } from '../blobs/blob-store.js';
import type { CircuitStanding } from '../blobs/store-breaker.js';
import { ArtifactsRepository } from '../database/artifacts.repository.js';
import { DeliveriesRepository } from '../database/deliveries.repository.js';
import { GarbageRepository } from '../database/garbage.repository.js';
import { JobsRepository } from '../database/jobs.repository.js';
import { MappingsRepository } from '../database/mappings.repository.js';
import { RulesRepository } from '../database/rules.repository.js';
import { ReconcilerRepository } from '../database/reconciler.repository.js';
import { StagesRepository } from '../database/stages.repository.js';
import { EgressGuard } from '../egress/egress-guard.js';
import { UploadsRepository } from '../database/uploads.repository.js';
import { WarehouseRepository } from '../database/warehouse.repository.js';
import { Engine } from '../engine/engine.js';
import { Calls } from '../grpc/calls.js';
import { GrpcServer } from '../grpc/grpc-server.js';
import { SynchronousDoor } from '../grpc/synchronous-door.js';
import { BoundedAdapter, closeIdleBodies } from '../http/bounded-server.js';
import { closeServer } from '../http/close-server.js';
import { drainDoor } from '../http/drain-door.js';
import { crossOrigin, secureHeaders } from '../http/headers.js';
import { followRequest } from '../http/follow-request.js';
import { Housekeeping } from '../housekeeping/housekeeping.js';
import { HealthChecks } from '../http/health.js';
import { measureRequests } from '../http/measure.js';
import { ProblemFilter } from '../http/problem.js';
import { assignRequestId } from '../http/request-id.js';
import { RingListener } from '../queue/listener.js';
import { Rings } from '../queue/rings.js';
import { Reconciler } from '../reconciler/reconciler.js';
import type { RunnerParts } from '../stages/runner-parts.js';
import { StageRunner } from '../stages/stage-runner.js';
import { LoopLag, shedUnderLag } from '../limits/shed.js';
import { errorName, nestLogger } from '../telemetry/logger.js';
import { Metrics } from '../telemetry/metrics.js';
import { keepProcessGauges } from './process-gauges.js';
import { sweepUploads } from '../uploads/sweep-uploads.js';
import { Doorbell } from '../watch/doorbell.js';
import { JobWatch } from '../watch/job-watch.js';
import { forgetChanged, RecentJobs } from '../watch/recent-jobs.js';
import { WebhookDispatcher } from '../webhooks/webhook-dispatcher.js';
import { appModule, type ProcessParts } from './app.module.js';
import { runningVersion } from './version.js';
import { BLOBS, type Service } from './service.js';

const FINISH_MS = 20_000;
const ANSWER_MS = 5_000;
const PRESENCE_MS = 10_000;

export interface RunningProcess {
  readonly url: string;
  readonly grpcPort: number;
  /** Finishes or hands back the running stages, then closes everything. */
  close(): Promise<void>;
}

/** Starts the given services in this process: one HTTP server, one gRPC server, a runner per worker service. */
export async function startServices(services: readonly Service[], parts: ProcessParts): Promise<RunningProcess> {
  const names = new Set(services.map(({ name }) => name));
  const workers = WORKER_SERVICES.filter((service) => names.has(service));
  const metrics = new Metrics();
  showCircuit(metrics, parts);
  const engine = workers.length > 0 ? engineOf(parts, metrics) : undefined;
  const app = await NestFactory.create<NestExpressApplication>(appModule(services, parts, metrics, engine), new BoundedAdapter(), {
    bodyParser: false,
    logger: nestLogger(parts.log),
    abortOnError: false,
  });
  app.disable('x-powered-by');
  // Every ETag is a version or a hash that is known; Express would hash each answer for one that nobody asked for.
  app.disable('etag');
  app.set('trust proxy', parts.config.trustedProxies);
  const isGateway = names.has('gateway');
  // Workers answer probes only: nothing is shed there, and nothing changed.
  const lag = isGateway && parts.config.shedLagMs > 0 ? new LoopLag() : undefined;
  app.use(
    assignRequestId,
    secureHeaders(),
    crossOrigin(parts.config.corsOrigins),
    followRequest,
    drainDoor(() => app.get(HealthChecks).drain()),
    measureRequests(metrics, parts.log),
    ...(lag ? [shedUnderLag(lag, parts.config.shedLagMs, metrics)] : []),
    ...(isGateway ? [forgetChanged(app.get(RecentJobs))] : []),
    closeIdleBodies,
  );
  app.useGlobalFilters(new ProblemFilter(parts.log));
  const running = engine ? startRunners(app, services, workers, engine, parts) : [];
  const reconciler = isGateway ? reconcile(app, services, parts) : undefined;
  const webhooks = isGateway ? dispatch(app, parts) : undefined;
  const grpc = new GrpcServer(app.get(Calls), { tls: parts.config.grpc.tls, metrics, log: parts.log });
  app.get(HealthChecks).onDrain(() => grpc.serving(false));
  const gauges = keepProcessGauges(metrics, parts, engine);
  const close = async (): Promise<void> => {
    app.get(HealthChecks).drain();
    // Streams end at once, so that who watches goes on elsewhere while stages are finished here.
    app.get(JobWatch).close();
    // Callers get the answers that are being made before the engine that makes them ends; a balancer has time to see who leaves.
    await Promise.all([
      ...(isGateway ? [pause(parts.config.drainSeconds * 1000)] : []),
      grpc.close(),
      ...running.map((runner) => runner.stop()),
    ]);
    await closeServer(app.getHttpServer(), ANSWER_MS);
    clearInterval(gauges);
    lag?.close();
    await Promise.all([reconciler?.stop(), webhooks?.stop()]);
    await engine?.close();
    app.get(SynchronousDoor).close();
    await app.close();
    await app.get(Doorbell).close();
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

function engineOf({ config: { engine }, log }: ProcessParts, metrics: Metrics): Engine {
  const { processes: size, ...limits } = engine;
  return new Engine({
    size,
    ...limits,
    onPhase: ({ name, startedAt, endedAt }) =>
      metrics.queryDuration.observe({ query: name, store: 'duckdb' }, Math.max(0, endedAt - startedAt) / 1000),
    onUnconfined: (missing) => log.warn({ what: missing.join(', ') }, 'engine processes run without a part of their confinement'),
    onExit: (reason) => metrics.childExits.inc({ reason }),
  });
}

const CIRCUIT_VALUES: Readonly<Record<CircuitStanding, number>> = { closed: 0, half_open: 1, open: 2 };

function showCircuit(metrics: Metrics, { blobs: { circuit }, log }: ProcessParts): void {
  if (circuit === undefined) return;
  metrics.circuitState.set({ dep: 'storage' }, CIRCUIT_VALUES[circuit.standing]);
  circuit.onChange((standing) => {
    metrics.circuitState.set({ dep: 'storage' }, CIRCUIT_VALUES[standing]);
    log.warn({ what: 'storage', status: standing }, 'the circuit of the blob store has changed');
  });
}

async function listen(app: NestExpressApplication, { host, port }: { host: string; port: number }): Promise<string> {
  const server = app.getHttpServer();
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

function reconcile(app: NestExpressApplication, services: readonly Service[], parts: ProcessParts): Reconciler {
  const reconciler = new Reconciler(
    parts.database,
    app.get(ReconcilerRepository),
    app.get(Rings),
    app.get(Metrics),
    parts.log,
    app.get(Housekeeping),
    { queueUrl: parts.queueUrl, blobs: parts.config.blobs.kind === 's3' ? 's3' : 'file' },
    [
      () => sweepUploads(app.get(UploadsRepository), parts.blobs),
      ...services.flatMap(({ leads = [] }) => leads.map((work) => work((token) => app.get(token)))),
    ],
  );
  reconciler.start();
  return reconciler;
}

function dispatch(app: NestExpressApplication, { pepper, log }: ProcessParts): WebhookDispatcher {
  const dispatcher = new WebhookDispatcher({
    deliveries: app.get(DeliveriesRepository),
    guard: app.get(EgressGuard),
    pepper,
    metrics: app.get(Metrics),
    log,
  });
  dispatcher.start();
  return dispatcher;
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
    garbage: app.get(GarbageRepository),
    mappings: app.get(MappingsRepository),
    rules: app.get(RulesRepository),
    warehouse: app.get(WarehouseRepository),
    blobs: app.get<BlobStore>(BLOBS),
    rings: app.get(Rings),
    bell: app.get(Doorbell),
    engine,
    metrics,
    log: parts.log,
    scratchDir: path.join(parts.config.dataDir, 'scratch'),
    reuse: parts.config.reuse,
    split: parts.config.split,
  };
  const stages = services.flatMap((service) => [...service.stages]);
  const presence = app.get(ReconcilerRepository);
  void engine.warm().catch((error: unknown) => parts.log.warn({ error: errorName(error) }, 'the engine could not be warmed'));
  return workers.map((service) => {
    // Whoever reads a timeline can find the process.
    const worker = `${service}-${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
    const { slots } = parts.config;
    const runner = new StageRunner(service, worker, slots, stages, runnerParts);
    const listener = new RingListener({
      url: parts.queueUrl,
      service,
      slots,
      work: () => runner.heard(),
      waiting: () => runnerParts.rings.waiting(service),
      onRebuilt: () => {
        metrics.listenersRebuilt.inc({ service });
        parts.log.warn({ service }, 'no ring was heard for 30 s although rings wait: listening anew');
      },
      onFailed: (what, error) => parts.log.warn({ what, error: errorName(error) }, 'the queue reported a failure'),
    });
    const announce = (): void => {
      metrics.workerSlots.set({ service, state: 'busy' }, runner.busy);
      metrics.workerSlots.set({ service, state: 'free' }, slots - runner.busy);
      presence
        .seen({ id: worker, service, host: hostname(), version: runningVersion(), slots, busy: runner.busy })
        .catch((error: unknown) => parts.log.warn({ error: errorName(error) }, 'presence could not be written'));
    };
    const timer = setInterval(announce, PRESENCE_MS);
    announce();
    runner.start(() => listener.missed());
    // Work that begins without a ring leaves room for rings that others could answer at once, so only a process of all workers does that.
    if (workers.length === WORKER_SERVICES.length) runnerParts.rings.nearby(service, () => runner.look());
    return {
      stop: async () => {
        clearInterval(timer);
        await runner.stop(FINISH_MS);
        await listener.close(true);
      },
    };
  });
}
