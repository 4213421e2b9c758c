import type { ErrorCode } from './errors.js';
import type { TextOptions } from './text.js';

/** Operations that exist. Others of the API are refused as not valid until they do. */
export const OPERATIONS = ['harmonize', 'validate'] as const;
export type Operation = (typeof OPERATIONS)[number];

export const JOB_STATUSES = ['pending', 'processing', 'awaiting_review', 'completed', 'failed', 'cancelled', 'expired'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

export const STAGE_STATUSES = ['waiting', 'ready', 'running', 'done', 'failed', 'cancelled'] as const;
export type StageStatus = (typeof STAGE_STATUSES)[number];

/** How urgent a job is. Classes share the workers by weight: bulk waits longer, and never for ever. */
export const PRIORITY_CLASSES = ['interactive', 'bulk'] as const;
export type PriorityClass = (typeof PRIORITY_CLASSES)[number];

export const WORKER_SERVICES = ['validator', 'harmonizer', 'generator'] as const;
export type WorkerService = (typeof WORKER_SERVICES)[number];

export type StageName = 'inspect' | 'plan' | 'decode' | 'transform' | 'validate' | 'check' | 'publish';

export const OUTPUT_FORMATS = ['csv', 'json', 'ndjson', 'parquet', 'tsv', 'partitioned_parquet', 'xlsx'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** What a job may be told, every member with its default filled in. */
export interface JobOptions {
  /** Exact duplicates are merged; false keeps them and reports the clusters. */
  readonly remove_duplicates: boolean;
  /** False maps names and order only: the result is the received text. */
  readonly standardize_fields: boolean;
  /** False reports missing required fields and type findings without quarantining. */
  readonly validate_schema: boolean;
  readonly output_formats: readonly OutputFormat[];
  /** False keeps texts in csv and tsv that a spreadsheet would calculate; absent: they get an apostrophe in front. */
  readonly defuse_formulas?: boolean | undefined;
  /** Columns of the result that partitioned_parquet parts it by. */
  readonly partition_by?: readonly string[] | undefined;
  /** True: the rows of the result are loaded into the warehouse when publish commits; absent: they are not. */
  readonly load_warehouse?: boolean | undefined;
  /** `when_unsure`: the job stops at awaiting_review when a column's meaning is not sure enough; else such a column is carried. */
  readonly review: 'never' | 'when_unsure';
  /** What the caller knows of the text. */
  readonly text?: TextOptions | undefined;
  /** A document of rules (docs/reference/rules.md), checked at submit; absent: those that Attune brings along for the entity. */
  readonly rules?: Readonly<Record<string, unknown>> | undefined;
}

/** in = out + quarantined + merged + dropped, for one stage. The unit is a source record. */
export interface RowLedger {
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly recordsQuarantined: number;
  readonly recordsMerged: number;
  readonly recordsDropped: number;
  readonly dropReasons: Readonly<Record<string, number>>;
}

/** Tells what is missing or too much; 0 for an honest ledger. */
export function ledgerGap(ledger: RowLedger): number {
  return ledger.recordsIn - ledger.recordsOut - ledger.recordsQuarantined - ledger.recordsMerged - ledger.recordsDropped;
}

/** Kinds of artifact that stages leave. A kind is unique per job, generation, stage and shard. */
export type ArtifactKind =
  | 'detection'
  | 'sample_profile'
  | 'plan'
  | 'plan_findings'
  | 'slices'
  | 'decoded'
  | 'fixed_records'
  | 'silver'
  | 'silver_csv'
  | 'quarantine'
  | 'quarantine_index'
  | 'quarantine_parquet'
  | 'findings'
  | 'findings_index'
  | 'findings_parquet'
  | 'rule_findings'
  | 'rule_findings_index'
  | 'rule_findings_parquet'
  | 'duplicates'
  | 'duplicates_index'
  | 'duplicates_parquet'
  | 'profile'
  | 'lineage'
  | 'quality'
  | 'report'
  | 'manifest'
  | `result_${OutputFormat}`;

/** A file a stage has written into its scratch directory, to be stored and recorded when the stage commits. */
export interface LeftFile {
  readonly kind: ArtifactKind;
  /** Name inside the scratch directory of the attempt. */
  readonly file: string;
  /** Records in the file, where it has records. */
  readonly records?: number;
}

/** What one attempt of a stage leaves behind; artifacts and ledger are committed together. */
export interface StageOutcome {
  readonly files: readonly LeftFile[];
  readonly ledger?: RowLedger;
  /** Findings of severity error and fatal, where the stage has made findings. */
  readonly errorsFound?: number;
  /** What the stage says of the data in numbers, for the metrics: no value of a record is among them. */
  readonly measures?: {
    /** Of the field mappings that a plan applies. */
    readonly confidences?: readonly number[];
    /** 0..100 per quality dimension that could be judged. */
    readonly scores?: Readonly<Record<string, number>>;
  };
  /** Artifacts of earlier stages that nobody needs once this stage has committed. */
  readonly sweep?: readonly ArtifactKind[];
  /** The stage has committed, and the job waits for a person before the next one (awaiting_review). */
  readonly review?: boolean;
  /** Hash of everything that the files were made of: whoever would make them of the same may take them instead. */
  readonly contentKey?: string;
  /** The files were taken from this job, as on the wire. */
  readonly reusedFrom?: string;
  /** What comes next may be worked on in so many shards at once. */
  readonly shards?: number;
  /** The stage did its work, and what it found ends the job as failed (quarantine.limit): everything is committed all the same. */
  readonly failure?: { readonly code: ErrorCode; readonly detail: string };
}
