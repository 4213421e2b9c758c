import type { ArtifactKind, Entity, GivenMapping, LeftFile, RowLedger, StageName, StageOutcome, WorkerService } from '@attune/core';
import type { Claim, StoredArtifact } from '../database/stages.repository.js';
import type { Engine } from '../engine/engine.js';
import type { Resume, TaskProgress } from '../engine/protocol.js';
import type { Made } from './made-before.js';
import type { PreviousReport } from './previous-report.js';

/** Does tasks over data in a process of their own. */
export type TaskRunner = Pick<Engine, 'run'>;

/** Bytes [start, end) of a stored object, by their own hash. */
export interface StoredRange {
  readonly start: number;
  readonly end: number;
  readonly sha256: string;
}

/** What a stage may use: its job, the artifacts of earlier stages, an engine, and a directory that is its own. */
export interface StageContext {
  readonly claim: Claim;
  /** Directory of this attempt only; removed afterwards, but for what a further attempt on this machine can go on with. */
  readonly scratch: string;
  /** What a task needs to go on where an earlier attempt on this machine was. */
  readonly resume: () => Promise<Resume>;
  readonly engine: TaskRunner;
  readonly signal: AbortSignal;
  /** Notes how far the work is. */
  readonly progress: (progress: TaskProgress) => void;
  /** Local file with the received bytes, verified against their hash. */
  readonly input: () => Promise<string>;
  /** Local file with a part of the received bytes, verified against the hash of the part. */
  readonly inputRange: (range: StoredRange) => Promise<string>;
  /** Names what is made of the received bytes by this plan: what one version has made of them under this name is the same everywhere. */
  readonly identity: (plan: object) => string;
  /** What the transform of another job of the tenant has made of the same content; undefined where none has. */
  readonly madeOf: (contentKey: string) => Promise<Made | undefined>;
  /** Processes that work on the stages of a service; 1 where some of them are of another version. */
  readonly workers: (service: WorkerService) => Promise<number>;
  /** Inputs from so many bytes on are cut, where so many workers can share them; 0 bytes: none are. */
  readonly split: { readonly fromBytes: number; readonly workers: number };
  /** Local file with an artifact of an earlier stage, verified against its hash. */
  readonly artifact: (kind: ArtifactKind) => Promise<string>;
  /** The same, or undefined where no earlier stage has left it. */
  readonly artifactIfLeft: (kind: ArtifactKind) => Promise<string | undefined>;
  /** Local files with that artifact of every shard of an earlier stage, in the order of the shards, verified against their hashes. */
  readonly artifacts: (kind: ArtifactKind) => Promise<readonly string[]>;
  /** How many shards have left such an artifact. */
  readonly shardsThatLeft: (kind: ArtifactKind) => Promise<number>;
  /** A small JSON artifact of an earlier stage. */
  readonly json: (kind: ArtifactKind) => Promise<unknown>;
  /** The row ledger that an earlier stage committed. */
  readonly ledgerOf: (stage: StageName) => Promise<RowLedger>;
  /** The mapping that a person of the job's tenant has accepted for files with these columns. */
  readonly rememberedMapping: (fingerprint: string) => Promise<GivenMapping | undefined>;
  /** The quality report of the tenant's job before this one over a dataset with the same columns and entity. */
  readonly previousReport: (dataset: { readonly fingerprint: string; readonly entity: string }) => Promise<PreviousReport | undefined>;
  /** Stores finished files of the scratch directory under this attempt's epoch; they count once the stage commits. */
  readonly store: (files: readonly LeftFile[]) => Promise<StoredArtifact[]>;
  /** Copies the file of rows that the task `load` has left in scratch to where the commit of the stage loads them from. */
  readonly load: (entity: Entity, records: number) => Promise<void>;
}

/** Reads artifacts, leaves artifacts; claim, heartbeat, commit and retry live in the runner, once. */
export interface Stage {
  readonly name: StageName;
  readonly service: WorkerService;
  readonly run: (context: StageContext) => Promise<StageOutcome>;
}

export function defineStage(name: StageName, service: WorkerService, run: Stage['run']): Stage {
  return { name, service, run };
}
