import type { Operation, StageName, WorkerService } from '@attune/core';

export interface StageOfOperation {
  readonly name: StageName;
  readonly service: WorkerService;
  /** Share of the whole job's progress, in percent; the shares of one operation add up to 100. */
  readonly share: number;
}

const STAGES: Record<Operation, readonly StageOfOperation[]> = {
  harmonize: [
    { name: 'inspect', service: 'validator', share: 2 },
    { name: 'plan', service: 'harmonizer', share: 1 },
    { name: 'transform', service: 'harmonizer', share: 70 },
    { name: 'check', service: 'validator', share: 5 },
    { name: 'publish', service: 'generator', share: 22 },
  ],
  validate: [
    { name: 'inspect', service: 'validator', share: 2 },
    { name: 'plan', service: 'harmonizer', share: 1 },
    { name: 'validate', service: 'validator', share: 90 },
    { name: 'check', service: 'validator', share: 7 },
  ],
};

/** The stages of an operation in order; each starts from the artifacts of those before it. A large input may have `decode` before `transform`. */
export function stagesOf(operation: Operation): readonly StageOfOperation[] {
  return STAGES[operation];
}

/** How much of a transform is done once its input is decoded, where that is a stage of its own. */
const DECODED = 0.7;

/** 0..100 from the progress (0..1) of each stage that the job has. */
export function jobProgress(operation: Operation, progressOf: (stage: StageName) => number | undefined): number {
  const decoded = progressOf('decode');
  const sum = stagesOf(operation).reduce((total, { name, share }) => {
    const own = bounded(progressOf(name) ?? 0);
    return total + share * (name === 'transform' && decoded !== undefined ? DECODED * bounded(decoded) + (1 - DECODED) * own : own);
  }, 0);
  return Math.floor(sum);
}

const bounded = (progress: number): number => Math.min(1, Math.max(0, progress));
