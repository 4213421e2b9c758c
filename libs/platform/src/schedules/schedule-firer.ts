import type { ScheduledJob } from '@attune/api';
import { AppError, type ErrorCode } from '@attune/core';
import type { DueSchedule, FiresRepository } from '../database/fires.repository.js';
import type { Submission } from '../database/new-jobs.js';
import type { Rings } from '../queue/rings.js';
import { errorName, type Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import { decideFires } from './catch-up.js';

const AT_ONCE = 100;

export interface FirerParts {
  readonly fires: FiresRepository;
  /** The submit that a scheduled job stands for now. @throws AppError when its input, mapping or rules are not there. */
  readonly submissionOf: (tenantId: string, job: ScheduledJob) => Promise<Submission>;
  readonly rings: Rings;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Makes the jobs whose time has come. Any number of them may do so at once: each due time makes one job. */
export class ScheduleFirer {
  constructor(private readonly parts: FirerParts) {}

  /** Decides on everything that is due now. One schedule that cannot be decided on keeps no other waiting. */
  async fireDue(): Promise<void> {
    const { fires, metrics } = this.parts;
    const seen = new Set<string>();
    for (;;) {
      const due = await fires.due(AT_ONCE + seen.size);
      if (seen.size === 0) metrics.scheduleLag.set(due[0] === undefined ? 0 : Math.max(0, due[0].now - due[0].nextDueAt) / 1000);
      const next = due.filter(({ id }) => !seen.has(id));
      if (next.length === 0) return;
      for (const schedule of next) {
        seen.add(schedule.id);
        await this.#fire(schedule);
      }
    }
  }

  async #fire(schedule: DueSchedule): Promise<void> {
    const { fires, rings, metrics, log } = this.parts;
    try {
      const decision = decideFires(schedule, schedule.catchUp, schedule.nextDueAt, schedule.now);
      const fired = await fires.fire(schedule, decision, await this.#jobOf(schedule));
      if (fired === undefined) return;
      for (const [outcome, times] of Object.entries(fired.outcomes)) if (times > 0) metrics.scheduleFires.inc({ outcome }, times);
      metrics.jobsSubmitted.inc({ operation_type: schedule.job.operation, source: 'schedule' }, fired.jobIds.length);
      await rings.ring(fired.rings);
    } catch (error) {
      log.warn(
        { what: `schedule ${schedule.id}`, error: errorName(error) },
        'a schedule could not be decided on; the next pass tries again',
      );
    }
  }

  /** What the owner has to mend is an outcome of the due time; what passes is tried again. */
  async #jobOf({ tenantId, job }: DueSchedule): Promise<Submission | ErrorCode> {
    try {
      return await this.parts.submissionOf(tenantId, job);
    } catch (error) {
      if (error instanceof AppError && (error.errorClass === 'caller' || error.code === 'quota_exceeded')) return error.code;
      throw error;
    }
  }
}
