import type { LineageBody, QualityBody } from '@attune/api';
import type { Operation } from '@attune/core';

/** Everything that the report of a job is made of. No value of a record is among it, and nothing else of it is shown than names and counts. */
export interface ReportFacts {
  readonly job: {
    /** As on the wire. */
    readonly id: string;
    readonly operation: Operation;
    readonly generation: number;
    readonly engineVersion: string;
  };
  readonly dataset: {
    /** As on the wire. */
    readonly id: string;
    readonly sha256: string;
    readonly bytes: number;
    /** Name of the format in which it was read. */
    readonly format: string;
  };
  readonly quality: QualityBody;
  readonly lineage: LineageBody;
  readonly duplicates: {
    /** Records that equal an earlier one. */
    readonly listed: number;
    /** Whether the job takes them out of the result. */
    readonly removed: boolean;
  };
}

/** So many findings of one kind in one field. */
export type Tally = NonNullable<QualityBody['findings']>[number];
