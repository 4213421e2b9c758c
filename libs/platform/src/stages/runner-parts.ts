import type { BlobStore } from '../blobs/blob-store.js';
import type { ArtifactsRepository } from '../database/artifacts.repository.js';
import type { GarbageRepository } from '../database/garbage.repository.js';
import type { JobsRepository } from '../database/jobs.repository.js';
import type { MappingsRepository } from '../database/mappings.repository.js';
import type { RulesRepository } from '../database/rules.repository.js';
import type { StagesRepository } from '../database/stages.repository.js';
import type { WarehouseRepository } from '../database/warehouse.repository.js';
import type { Engine } from '../engine/engine.js';
import type { Rings } from '../queue/rings.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { Doorbell } from '../watch/doorbell.js';

/** Everything the step protocol works with. */
export interface RunnerParts {
  readonly stages: StagesRepository;
  readonly jobs: JobsRepository;
  readonly artifacts: ArtifactsRepository;
  readonly garbage: Pick<GarbageRepository, 'discard'>;
  readonly mappings: MappingsRepository;
  readonly rules: RulesRepository;
  readonly warehouse: WarehouseRepository;
  readonly blobs: BlobStore;
  readonly rings: Rings;
  readonly bell: Pick<Doorbell, 'listen'>;
  readonly engine: Engine;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly scratchDir: string;
  /** Which inputs are cut, and for how many workers; 0 bytes: none are. */
  readonly split: { readonly fromBytes: number; readonly workers: number };
  /** Stages take over what was made of the same before. */
  readonly reuse: boolean;
}
