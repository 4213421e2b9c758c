import { AppError } from '@attune/core';
import {
  DatasetsRepository,
  FiresRepository,
  type LeaderWork,
  LOG,
  type Logger,
  MappingsRepository,
  Metrics,
  QuotasRepository,
  Rings,
  RulesRepository,
  ScheduleFirer,
} from '@attune/platform';
import { type ScheduleSources, scheduledSubmission } from './scheduled-submission.js';

/** Schedules whose time has come, in each pass of the leader. */
export const fireSchedules: LeaderWork = (take) => {
  const sources: ScheduleSources = {
    datasets: take(DatasetsRepository),
    mappings: take(MappingsRepository),
    rules: take(RulesRepository),
  };
  const quotas = take(QuotasRepository);
  const firer = new ScheduleFirer({
    fires: take(FiresRepository),
    submissionOf: async (tenantId, job) => {
      const { queuedJobs: limit } = await quotas.of(tenantId);
      if (limit !== null && (await quotas.use(tenantId)).queuedJobs >= limit)
        throw new AppError('quota_exceeded', 'the quota queued_jobs of this tenant is used up');
      return scheduledSubmission(sources, tenantId, job);
    },
    rings: take(Rings),
    metrics: take(Metrics),
    log: take<Logger>(LOG),
  });
  return () => firer.fireDue();
};
