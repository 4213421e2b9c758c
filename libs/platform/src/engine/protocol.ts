import type { ErrorCode, Finding, OutputFormat, Plan, RowLedger, StageOutcome } from '@attune/core';
import type { DuckDbLimits } from './duckdb.js';

/** What each task is given. Paths are absolute; `scratch` exists and belongs to the attempt alone. */
export interface TaskInputs {
  readonly inspect: { readonly input: string; readonly scratch: string };
  readonly transform: { readonly input: string; readonly plan: Plan; readonly scratch: string; readonly planFindings: readonly Finding[] };
  readonly check: {
    readonly silver: string;
    readonly profile: string;
    readonly plan: Plan;
    readonly ledger: RowLedger;
    readonly scratch: string;
  };
  /** `records` is the number of rows of silver. */
  readonly publish: {
    readonly silver: string;
    readonly plan: Plan;
    readonly formats: readonly OutputFormat[];
    readonly records: number;
    readonly scratch: string;
  };
}

export type TaskName = keyof TaskInputs;

/** How far a task is: bytes for inspect and transform, statements for check, files for publish. */
export interface TaskProgress {
  readonly done: number;
  readonly total: number;
}

/** What a task is given besides its input. */
export interface TaskContext {
  readonly limits: DuckDbLimits;
  readonly onProgress: (progress: TaskProgress) => void;
}

export type Task<Name extends TaskName> = (input: TaskInputs[Name], context: TaskContext) => Promise<StageOutcome>;

/** Parent to child. */
export interface TaskRequest<Name extends TaskName = TaskName> {
  readonly id: number;
  readonly task: Name;
  readonly input: TaskInputs[Name];
  readonly limits: DuckDbLimits;
}

/** Child to parent. `detail` holds no value of a record. */
export type ChildMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly id: number; readonly progress: TaskProgress }
  | { readonly kind: 'outcome'; readonly id: number; readonly outcome: StageOutcome; readonly maxRssMb: number }
  | { readonly kind: 'error'; readonly id: number; readonly code: ErrorCode; readonly detail: string };
