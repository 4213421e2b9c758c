import type { Operation, StageName } from '@attune/core';
import { type JobState, LEASE_MS, type StageState } from '../state.js';

export type Ledger = { readonly in: number; readonly out: number; readonly quarantined: number };

export interface ArtifactRow {
  readonly generation: number;
  readonly stage: StageName;
  readonly shard: number;
  readonly kind: string;
  readonly epoch: number;
  readonly key: string;
  readonly content: string;
}

/** A job as the database holds it: what the machine knows of it, and beside that what was asked and what its stages have left. */
export interface JobFacts {
  readonly id: number;
  readonly operation: Operation;
  state: JobState;
  readonly records: number;
  /** Records that no standardizer takes, until they are mended. */
  readonly bad: number;
  /** So many may be left; else the job fails by its quarantine. */
  readonly badLimit: number;
  /** The plan asks when it has no mapping. */
  readonly unsure: boolean;
  /** The plan cuts the input into so many pieces. */
  readonly pieces: number;
  mapping: number | null;
  /** Records that came back mended, by the shard that works on them. */
  readonly mended: Map<number, number>;
  artifacts: ArtifactRow[];
  ledgers: { generation: number; stage: StageName; shard: number; ledger: Ledger }[];
  /** Status of the job after each line of its history. */
  readonly history: string[];
}

const transforms = ({ state }: JobFacts): readonly StageState[] => state.stages.filter(({ name }) => name === 'transform');

/** Bad records that are left after this shard. */
export function badAfter(job: JobFacts, shard: number): number {
  return transforms(job).reduce((left, stage) => left - (stage.shard <= shard ? (job.mended.get(stage.shard) ?? 0) : 0), job.bad);
}

/** What the stage leaves where nothing ever goes wrong, from the facts alone. */
export function flawless(job: JobFacts, stage: StageName, shard: number): string {
  switch (stage) {
    case 'inspect':
      return `detection ${job.id}`;
    case 'plan':
      return `plan of ${flawless(job, 'inspect', 0)} and mapping ${job.mapping ?? 'none'}`;
    case 'decode':
      return `piece ${shard} by ${flawless(job, 'plan', 0)}`;
    case 'validate':
      return `findings by ${flawless(job, 'plan', 0)}`;
    case 'transform':
      return `silver of ${shard === 0 ? 'input' : `${job.mended.get(shard)} mended`} by ${flawless(job, 'plan', 0)}`;
    case 'check':
      return `quality of ${inputOf(job).join(' + ')}`;
    case 'publish':
      return `result of ${inputOf(job).join(' + ')} with ${flawless(job, 'check', 0)}`;
  }
}

const inputOf = (job: JobFacts): string[] =>
  job.operation === 'validate' ? [flawless(job, 'validate', 0)] : transforms(job).map(({ shard }) => flawless(job, 'transform', shard));

/** The row that a stage of this generation reads: its own generation's, or that of the latest before. */
export function latest<T extends { readonly generation: number; readonly stage: StageName; readonly shard: number }>(
  rows: readonly T[],
  stage: StageName,
  shard?: number,
): T | undefined {
  return rows
    .filter((row) => row.stage === stage && (shard === undefined || row.shard === shard))
    .sort((a, b) => b.generation - a.generation || b.shard - a.shard)[0];
}

export const isHeld = (stage: StageState, now: number): boolean =>
  stage.status === 'running' && stage.leaseUntil !== null && stage.leaseUntil >= now;
export const renewed = (stage: StageState, now: number): StageState => ({ ...stage, leaseUntil: now + LEASE_MS });
