import type { GivenMapping } from '@attune/core';
import { makePlan, type PlanAnswer } from '@attune/pipeline';
import type { UnsureColumn } from '@attune/platform';
import type { InspectedHead } from './sample-head.js';

export interface HeadMapping {
  /** Decided by the caller; else `options.mapping` counts, else what was accepted before, else a suggestion. */
  readonly given?: GivenMapping | undefined;
  readonly remembered?: GivenMapping | undefined;
  /** Entity that a record is; empty when that is to be found out. */
  readonly entity?: string;
}

/** What the stage plan would decide about the head of a file. @throws AppError mapping_invalid, plan.unresolved */
export function planHead({ options, detection, profile }: InspectedHead, asked: HeadMapping): PlanAnswer {
  const { mapping, ...rest } = options;
  const given = asked.given ?? mapping;
  return makePlan({
    detection,
    profile,
    options: rest,
    receivedAt: new Date().toISOString(),
    ...(given === undefined ? {} : { given }),
    ...(asked.remembered === undefined ? {} : { remembered: asked.remembered }),
    ...(asked.entity ? { entity: asked.entity } : {}),
  });
}

/** The columns that would be carried for want of a sure meaning. */
export function unsureColumns({ decision }: PlanAnswer): UnsureColumn[] {
  return decision.unsure.map(({ column, field, confidence, reasons }) => ({
    ordinal: column.ordinal,
    name: column.name,
    field: field ?? '',
    confidence,
    reasons: [...reasons],
  }));
}
