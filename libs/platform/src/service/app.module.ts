import path from 'node:path';
import type { DynamicModule, Provider } from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import { ApiKeys } from '../auth/api-keys.js';
import { AuthenticationGuard } from '../auth/authentication.js';
import { Operators } from '../auth/operators.js';
import type { BlobStore } from '../blobs/blob-store.js';
import type { Config } from '../config/config.js';
import { ArtifactsRepository } from '../database/artifacts.repository.js';
import { Database } from '../database/database.js';
import { DatasetsRepository } from '../database/datasets.repository.js';
import { GarbageRepository } from '../database/garbage.repository.js';
import { DeliveriesRepository } from '../database/deliveries.repository.js';
import { IdempotencyRepository } from '../database/idempotency.repository.js';
import { JobsRepository } from '../database/jobs.repository.js';
import { MappingsRepository } from '../database/mappings.repository.js';
import { QuotasRepository } from '../database/quotas.repository.js';
import { RulesRepository } from '../database/rules.repository.js';
import { RetentionRepository } from '../database/retention.repository.js';
import { RedriveRepository } from '../database/redrive.repository.js';
import { PaceRepository } from '../database/pace.repository.js';
import { ReconcilerRepository } from '../database/reconciler.repository.js';
import { StagesRepository } from '../database/stages.repository.js';
import { TenantsRepository } from '../database/tenants.repository.js';
import { FiresRepository } from '../database/fires.repository.js';
import { SchedulesRepository } from '../database/schedules.repository.js';
import { WebhooksRepository } from '../database/webhooks.repository.js';
import { UploadsRepository } from '../database/uploads.repository.js';
import { WarehouseRepository } from '../database/warehouse.repository.js';
import { WatchRepository } from '../database/watch.repository.js';
import { EgressGuard } from '../egress/egress-guard.js';
import type { Engine } from '../engine/engine.js';
import { Calls } from '../grpc/calls.js';
import { SynchronousDoor } from '../grpc/synchronous-door.js';
import { HealthChecks } from '../http/health.js';
import { GarbageCollector } from '../housekeeping/garbage-collector.js';
import { Housekeeping } from '../housekeeping/housekeeping.js';
import { Retention } from '../housekeeping/retention.js';
import { platformControllers } from '../http/platform-controllers.js';
import { Admission } from '../limits/admission.js';
import { RequestLimits } from '../limits/request-limits.js';
import { MeasuredPace } from '../pace/measured-pace.js';
import { queueModule } from '../queue/queue.module.js';
import { Rings } from '../queue/rings.js';
import { errorName, type Logger } from '../telemetry/logger.js';
import { Metrics } from '../telemetry/metrics.js';
import { Doorbell } from '../watch/doorbell.js';
import { JobWatch } from '../watch/job-watch.js';
import { RecentJobs } from '../watch/recent-jobs.js';
import { BLOBS, CONFIG, LOG, PEPPER, type Service } from './service.js';

/** What a process is made of before Nest puts it together. */
export interface ProcessParts {
  readonly config: Config;
  readonly queueUrl: string;
  readonly pepper: string;
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly log: Logger;
}

const REPOSITORIES = [
  ArtifactsRepository,
  DatasetsRepository,
  GarbageRepository,
  DeliveriesRepository,
  IdempotencyRepository,
  JobsRepository,
  MappingsRepository,
  ReconcilerRepository,
  RedriveRepository,
  RulesRepository,
  StagesRepository,
  TenantsRepository,
  WebhooksRepository,
  FiresRepository,
  SchedulesRepository,
  UploadsRepository,
  WarehouseRepository,
];

/** The one module of a process: the platform's parts and the services' controllers. */
export function appModule(services: readonly Service[], parts: ProcessParts, metrics: Metrics, engine: Engine | undefined): DynamicModule {
  const onFailed = (what: string, error: unknown): void =>
    parts.log.warn({ what, error: errorName(error) }, 'a dependency reported a failure');
  const providers: Provider[] = [
    { provide: CONFIG, useValue: parts.config },
    { provide: LOG, useValue: parts.log },
    { provide: PEPPER, useValue: parts.pepper },
    { provide: BLOBS, useValue: parts.blobs },
    { provide: Database, useValue: parts.database },
    { provide: Metrics, useValue: metrics },
    { provide: EgressGuard, useFactory: () => new EgressGuard(parts.config.egressAllow) },
    ...REPOSITORIES.map((repository): Provider => ({ provide: repository, useFactory: () => new repository(parts.database) })),
    { provide: MeasuredPace, useFactory: () => new MeasuredPace(new PaceRepository(parts.database), parts.log) },
    { provide: Doorbell, useFactory: () => new Doorbell(parts.database, parts.log) },
    {
      provide: JobWatch,
      inject: [Doorbell],
      useFactory: (bell: Doorbell) => new JobWatch(bell, new WatchRepository(parts.database), parts.log),
    },
    {
      provide: RecentJobs,
      inject: [JobsRepository, Doorbell],
      useFactory: (jobs: JobsRepository, bell: Doorbell) => new RecentJobs(jobs, bell, metrics),
    },
    {
      provide: HealthChecks,
      inject: [Rings],
      useFactory: (rings: Rings) => new HealthChecks(parts.database, parts.blobs, rings, metrics),
    },
    {
      provide: ApiKeys,
      inject: [TenantsRepository],
      useFactory: (tenants: TenantsRepository) => new ApiKeys(tenants, parts.pepper, metrics),
    },
    {
      provide: GarbageCollector,
      inject: [GarbageRepository, WarehouseRepository],
      useFactory: (garbage: GarbageRepository, warehouse: WarehouseRepository) =>
        new GarbageCollector(parts.database, garbage, warehouse, parts.blobs, metrics),
    },
    { provide: RetentionRepository, useFactory: () => new RetentionRepository(parts.database, parts.config.retention) },
    {
      provide: Retention,
      inject: [RetentionRepository, JobsRepository],
      useFactory: (retention: RetentionRepository, jobs: JobsRepository) => new Retention(retention, jobs, parts.blobs, metrics),
    },
    {
      provide: Housekeeping,
      inject: [GarbageRepository, GarbageCollector, Retention],
      useFactory: (garbage: GarbageRepository, collector: GarbageCollector, retention: Retention) =>
        new Housekeeping(garbage, collector, retention, parts.log),
    },
    {
      provide: Operators,
      inject: [TenantsRepository],
      useFactory: (tenants: TenantsRepository) => new Operators(tenants, parts.config.operators ?? []),
    },
    { provide: QuotasRepository, useFactory: () => new QuotasRepository(parts.database, parts.config.quotas) },
    {
      provide: Admission,
      inject: [QuotasRepository],
      useFactory: (quotas: QuotasRepository) => {
        const { blobs, dataDir, diskReserveBytes } = parts.config;
        return new Admission(quotas, metrics, { directory: blobs.kind === 'files' ? dataDir : undefined, diskReserveBytes });
      },
    },
    ...doorProviders(services, parts, engine),
    {
      provide: RequestLimits,
      useFactory: () => new RequestLimits(parts.database, metrics, parts.config.rates),
    },
    {
      provide: APP_GUARD,
      inject: [Reflector, ApiKeys, RequestLimits],
      useFactory: (reflector: Reflector, keys: ApiKeys, limits: RequestLimits) => new AuthenticationGuard(reflector, keys, limits),
    },
  ];
  return {
    module: class AppModule {},
    imports: [queueModule(parts.queueUrl, onFailed)],
    controllers: [...platformControllers(services.map(({ name }) => name)), ...services.flatMap(({ controllers }) => [...controllers])],
    providers,
  };
}

/** The calls that this process answers, and the way to those of other processes. */
function doorProviders(services: readonly Service[], { config, blobs }: ProcessParts, engine: Engine | undefined): Provider[] {
  return [
    {
      provide: Calls,
      inject: [ApiKeys, JobsRepository, ArtifactsRepository, MappingsRepository, JobWatch],
      useFactory: (keys: ApiKeys, jobs: JobsRepository, artifacts: ArtifactsRepository, mappings: MappingsRepository, watch: JobWatch) =>
        new Calls(
          services.flatMap(({ calls }) => [...calls]),
          { keys, jobs, artifacts, mappings, watch, blobs, engine, scratchDir: path.join(config.dataDir, 'scratch') },
        ),
    },
    {
      provide: SynchronousDoor,
      inject: [Calls],
      useFactory: (calls: Calls) => new SynchronousDoor(calls, config.grpc.peers, config.grpc.tls),
    },
  ];
}
