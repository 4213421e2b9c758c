import type { QualityBody } from '@attune/api';
import type { ErrorCode, Finding, OutputFormat, Plan, RowLedger, StageOutcome, TextOptions } from '@attune/core';
import type { OutputOptions } from '@attune/outputs';
import type { SampledRecord, SamplePosition, Slice } from '@attune/pipeline';
import type { Correlation } from '../telemetry/correlation.js';
import type { Careful } from './careful.js';
import type { DuckDbLimits } from './duckdb.js';

/** What each task is given. Paths are absolute; `scratch` exists and belongs to the attempt alone. */
export interface TaskInputs {
  /** `text`: what the caller knows of it. */
  readonly inspect: { readonly input: string; readonly scratch: string; readonly text?: TextOptions | undefined };
  /** Slices that hold at least so many bytes; `identity` is of the pass that they are for. */
  readonly cut: {
    readonly input: string;
    readonly plan: Plan;
    readonly sliceBytes: number;
    readonly identity: string;
    readonly scratch: string;
  };
  /** One slice, the `ordinal`th from 0. `input` holds the bytes from where it begins, of an input of `size` bytes. */
  readonly decode: {
    readonly input: string;
    readonly size: number;
    readonly plan: Plan;
    readonly slice: Slice;
    readonly ordinal: number;
    readonly identity: string;
    readonly scratch: string;
  };
  readonly transform: {
    readonly input: string;
    readonly plan: Plan;
    readonly scratch: string;
    readonly planFindings: readonly Finding[];
    /** Where it is said the pass leaves checkpoints in `scratch`, and goes on at the last one of an earlier attempt. */
    readonly resume?: Resume;
    /** What became of every slice of the input, in their order: where it is of this identity, the input is not read once more. */
    readonly decoded?: { readonly files: readonly string[]; readonly identity: string };
    /** The input crashes the engine: it is read slowly, and the records over which that happens are set aside. */
    readonly careful?: Careful;
  };
  /** A resubmission: records of the quarantine that came back mended, and what the generation before has left of the stage. */
  readonly fixes: {
    /** NDJSON of `MendedRecord`, by record. */
    readonly mended: string;
    /** Silver of the shards before, in their order. */
    readonly silver: readonly string[];
    readonly findings: string;
    readonly quarantine: string;
    readonly duplicates: string;
    readonly profile: string;
    readonly lineage: string;
    readonly plan: Plan;
    /** Of the whole stage. */
    readonly ledger: RowLedger;
    /** The generation that is being made. */
    readonly generation: number;
    readonly scratch: string;
  };
  readonly check: {
    /** One file per shard. */
    readonly silver: readonly string[];
    readonly profile: string;
    readonly plan: Plan;
    readonly ledger: RowLedger;
    /** Document of rules that the job was given. */
    readonly rules?: Readonly<Record<string, unknown>> | undefined;
    /** The report of the previous job over a dataset with the same columns, `jobId` as on the wire. */
    readonly previous?: { readonly jobId: string; readonly quality: QualityBody } | undefined;
    /** Parquet lists of the pass, to be counted by code in the report; absent: the report does not tell. */
    readonly findings?: string;
    readonly quarantine?: string;
    readonly scratch: string;
  };
  /** `records` is the number of rows of silver. */
  readonly publish: {
    /** One file per shard. */
    readonly silver: readonly string[];
    readonly plan: Plan;
    readonly formats: readonly OutputFormat[];
    /** Absent members: formulas are defused, and rows are not parted by columns. */
    readonly options?: Partial<OutputOptions>;
    /** Silver as CSV, where transform has left it; then silver is one file. */
    readonly silverCsv?: string;
    readonly records: number;
    readonly scratch: string;
  };
  /** The rows of the result for the warehouse, left as the file `ROWS_FILE` in scratch. */
  readonly load: {
    /** One file per shard. */
    readonly silver: readonly string[];
    readonly plan: Plan;
    readonly scratch: string;
  };
  /**
   * Changed values from a place in the dataset on, left as `sample.json` of the shape `ChangesFound`. `input`: of a plain file its bytes from
   * `from` on, and `toEnd` whether they reach its end; of a container all of it.
   */
  readonly sample: {
    readonly input: string;
    readonly toEnd: boolean;
    readonly plan: Plan;
    readonly from: DatasetPosition;
    readonly values: number;
    /** Decoded bytes that are looked at; the record that reaches over the end is still read. */
    readonly bytes: number;
    readonly field?: string;
    /** So many records with all their values instead of changed values only; of bytes that end too early those that are there. */
    readonly records?: number;
    readonly scratch: string;
  };
}

/** What a pass needs to go on where an earlier attempt of the same stage was. */
export interface Resume {
  /** Hash of the received bytes, and what runs: with another of either an earlier attempt is of no use. */
  readonly input: string;
  readonly version: string;
  /** Scratch directories of earlier attempts, which may be gone or still being written to. The latest first. */
  readonly earlier: readonly string[];
}

/** A record in a dataset of one or several members. */
export interface DatasetPosition extends SamplePosition {
  /** 0-based ordinal of the member in its container. */
  readonly member: number;
}

/** What the task sample leaves. */
export interface ChangesFound {
  readonly records: readonly (SampledRecord & { readonly member: string })[];
  /** Where the changes go on; absent at the end of the dataset. */
  readonly next?: DatasetPosition;
  /** The bytes have ended before anything else did: whoever gave them has to give more of them. */
  readonly cut: boolean;
}

export type TaskName = keyof TaskInputs;

/** How far a task is: bytes for inspect and transform, statements for check, files for publish and load. */
export interface TaskProgress {
  readonly done: number;
  readonly total: number;
}

/** What one task may take: what its DuckDB may, and the bytes that it may inflate a container to. */
export interface TaskLimits extends DuckDbLimits {
  readonly inflatedBytes: number;
  /** Decoded bytes between two checkpoints of the full pass. */
  readonly shardBytes: number;
  /** What the set of different rows may take; beyond it rows are compared after the pass. */
  readonly dedupBytes: number;
}

/** What a task is given besides its input. */
export interface TaskContext {
  readonly limits: TaskLimits;
  readonly onProgress: (progress: TaskProgress) => void;
  /** Does a part of the task and notes how long it took, under a name of ours. */
  readonly timed: <T>(name: string, work: () => Promise<T>) => Promise<T>;
}

/** A part of a task that is over; times are milliseconds since 1970. The process has no network: its parent makes the span of it. */
export interface Phase {
  readonly name: string;
  readonly startedAt: number;
  readonly endedAt: number;
}

export type Task<Name extends TaskName> = (input: TaskInputs[Name], context: TaskContext) => Promise<StageOutcome>;

/** Parent to child. */
export interface TaskRequest<Name extends TaskName = TaskName> {
  readonly id: number;
  readonly task: Name;
  readonly input: TaskInputs[Name];
  readonly limits: TaskLimits;
  /** Whose work it is: ids, for whoever looks at the list of processes. */
  readonly correlation: Correlation;
  /** Where the faults of tests are told; absent outside of them. */
  readonly failpoints?: string | undefined;
}

/** Child to parent. `detail` holds no value of a record. */
export type ChildMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly id: number; readonly progress: TaskProgress }
  | {
      readonly kind: 'outcome';
      readonly id: number;
      readonly outcome: StageOutcome;
      readonly phases: readonly Phase[];
      readonly maxRssMb: number;
    }
  | { readonly kind: 'error'; readonly id: number; readonly code: ErrorCode; readonly detail: string };
