import type { ScheduledJob } from '@attune/api';
import type { DatasetsRepository, MappingsRepository, RulesRepository, Submission } from '@attune/platform';
import { scheduledInput } from './job-input.js';
import { type Origin, submissionOf } from './submit-once.js';

export interface ScheduleSources {
  readonly datasets: DatasetsRepository;
  readonly mappings: MappingsRepository;
  readonly rules: RulesRepository;
}

/**
 * The submit that a scheduled job stands for now: with the input, the mapping and the rules that its names mean today.
 * @throws AppError not_found, validation_failed, at their places in the job.
 */
export async function scheduledSubmission(
  sources: ScheduleSources,
  tenantId: string,
  job: ScheduledJob,
  origin: Origin = { traceparent: null },
): Promise<Submission> {
  const input = await scheduledInput(sources, tenantId, job.input);
  return submissionOf(sources, tenantId, origin, job, input);
}
