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

/** The stages of an operation in order; each starts from the artifacts of those before it. */
export function stagesOf(operation: Operation): readonly StageOfOperation[] {
  return STAGES[operation];
}

/** 0..100 from the progress (0..1) of each stage. */
export function jobProgress(operation: Operation, progressOf: (stage: StageName) => number): number {
  const sum = stagesOf(operation).reduce((total, stage) => total + stage.share * Math.min(1, Math.max(0, progressOf(stage.name))), 0);
  return Math.floor(sum);
}
