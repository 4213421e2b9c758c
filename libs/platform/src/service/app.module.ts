import type { DynamicModule, Provider } from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import { ApiKeys } from '../auth/api-keys.js';
import { AuthenticationGuard } from '../auth/authentication.js';
import type { BlobStore } from '../blobs/blob-store.js';
import type { Config } from '../config/config.js';
import { ArtifactsRepository } from '../database/artifacts.repository.js';
import { Database } from '../database/database.js';
import { DatasetsRepository } from '../database/datasets.repository.js';
import { IdempotencyRepository } from '../database/idempotency.repository.js';
import { JobsRepository } from '../database/jobs.repository.js';
import { ReconcilerRepository } from '../database/reconciler.repository.js';
import { StagesRepository } from '../database/stages.repository.js';
import { TenantsRepository } from '../database/tenants.repository.js';
import { HealthChecks } from '../http/health.js';
import { PlatformController } from '../http/platform.controller.js';
import { queueModule } from '../queue/queue.module.js';
import { Rings } from '../queue/rings.js';
import { errorName, type Logger } from '../telemetry/logger.js';
import { Metrics } from '../telemetry/metrics.js';
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
  IdempotencyRepository,
  JobsRepository,
  ReconcilerRepository,
  StagesRepository,
  TenantsRepository,
];

/** The one module of a process: the platform's parts and the services' controllers. */
export function appModule(services: readonly Service[], parts: ProcessParts): DynamicModule {
  const onFailed = (what: string, error: unknown): void =>
    parts.log.warn({ what, error: errorName(error) }, 'a dependency reported a failure');
  const providers: Provider[] = [
    { provide: CONFIG, useValue: parts.config },
    { provide: LOG, useValue: parts.log },
    { provide: PEPPER, useValue: parts.pepper },
    { provide: BLOBS, useValue: parts.blobs },
    { provide: Database, useValue: parts.database },
    { provide: Metrics, useFactory: () => new Metrics() },
    ...REPOSITORIES.map((repository): Provider => ({ provide: repository, useFactory: () => new repository(parts.database) })),
    {
      provide: HealthChecks,
      inject: [Rings, Metrics],
      useFactory: (rings: Rings, metrics: Metrics) => new HealthChecks(parts.database, parts.blobs, rings, metrics),
    },
    {
      provide: ApiKeys,
      inject: [TenantsRepository, Metrics],
      useFactory: (tenants: TenantsRepository, metrics: Metrics) => new ApiKeys(tenants, parts.pepper, metrics),
    },
    {
      provide: APP_GUARD,
      inject: [Reflector, ApiKeys],
      useFactory: (reflector: Reflector, keys: ApiKeys) => new AuthenticationGuard(reflector, keys),
    },
  ];
  return {
    module: class AppModule {},
    imports: [queueModule(parts.queueUrl, onFailed)],
    controllers: [PlatformController, ...services.flatMap(({ controllers }) => [...controllers])],
    providers,
  };
}
