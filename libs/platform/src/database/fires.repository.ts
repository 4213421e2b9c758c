import type { FireCause, FireOutcome } from '@attune/api';
import { AppError, type ErrorCode, type JobStatus, prefixed } from '@attune/core';
import type { Decision } from '../schedules/catch-up.js';
import type { Database } from './database.js';
import { answerKeys, type AnsweredKey } from './held-job.js';
import { insertJobs, type NewJobs, type Submission } from './new-jobs.js';
import type { StoredSchedule } from './schedules.repository.js';

/** A schedule whose time has come; `now` is the database's, in milliseconds. */
export type DueSchedule = Pick<StoredSchedule, 'id' | 'version' | 'cron' | 'timeZone' | 'catchUp' | 'job'> & {
  readonly tenantId: string;
  readonly nextDueAt: number;
  readonly now: number;
};

/** What became of a due time. Times in milliseconds of the database clock. */
export interface LoggedFire {
  readonly dueAt: number;
  readonly skippedThrough: number | null;
  readonly cause: FireCause;
  readonly outcome: FireOutcome;
  readonly jobId: string | null;
  readonly jobStatus: JobStatus | null;
  readonly problemCode: string | null;
  readonly decidedAt: number;
  /** The due time as the database writes it: where a page ends. */
  readonly place: string;
}

/** Jobs that were made, and how many due times came to each outcome. */
export interface Fired extends NewJobs {
  readonly outcomes: Readonly<Record<FireOutcome, number>>;
}

type Query = Database['query'];

/** How long the history of a schedule is kept. */
const KEPT = '90 days';

const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`;
const iso = (at: number): string => new Date(at).toISOString();

/** What schedules do. Firing crosses tenants on purpose; the history does not. */
export class FiresRepository {
  constructor(private readonly database: Database) {}

  /** Schedules whose time has come, longest due first. */
  async due(limit: number): Promise<DueSchedule[]> {
    return this.database.query<DueSchedule>(
      `SELECT tenant_id AS "tenantId", id, version, cron, time_zone AS "timeZone", catch_up AS "catchUp", request AS job,
         ${ms('next_due_at')} AS "nextDueAt", ${ms('now()')} AS now
       FROM attune.schedules WHERE next_due_at <= now() ORDER BY next_due_at LIMIT $1`,
      [limit],
    );
  }

  /**
   * Writes down what was decided, in one transaction with the jobs: one per due time that fires, or why there is none. Undefined when
   * somebody else has decided, or the schedule has changed, since it was read. A due time that was decided before makes no second job.
   */
  async fire(schedule: DueSchedule, decision: Decision, job: Submission | ErrorCode): Promise<Fired | undefined> {
    return this.database.transaction(async (query) => {
      const [held] = await query(`SELECT 1 FROM attune.schedules WHERE id = $1 AND version = $2 AND NOT paused FOR UPDATE SKIP LOCKED`, [
        schedule.id,
        schedule.version,
      ]);
      if (held === undefined) return undefined;
      const decided = await decidedBefore(query, schedule.id, [...decision.fire, ...decision.skip.map(({ dueAt }) => dueAt)]);
      const times = decision.fire.filter((at) => !decided.has(at));
      const skips = decision.skip.filter(({ dueAt }) => !decided.has(dueAt));
      const made = typeof job === 'string' ? job : await jobsFor(query, schedule.id, times, job);
      const failure = typeof made === 'string' ? made : null;
      const jobs = typeof made === 'string' ? { jobIds: [], jobs: [], rings: [] } : made;
      const outcome: FireOutcome = failure === null ? 'fired' : 'failed';
      await writeFires(query, schedule, [
        ...skips.map(({ dueAt, through }) => ({
          due_at: iso(dueAt),
          through: through === null ? null : iso(through),
          outcome: 'skipped' as const,
        })),
        ...times.map((dueAt, i) => ({ due_at: iso(dueAt), outcome, job_id: jobs.jobIds[i], problem_code: failure })),
      ]);
      await query(
        `UPDATE attune.schedules SET version = version + 1, fired_through = $2::timestamptz, next_due_at = $3::timestamptz WHERE id = $1`,
        [schedule.id, iso(decision.firedThrough), decision.nextDueAt === null ? null : iso(decision.nextDueAt)],
      );
      await query(`DELETE FROM attune.schedule_fires WHERE schedule_id = $1 AND due_at < now() - $2::interval`, [schedule.id, KEPT]);
      return { ...jobs, outcomes: { fired: 0, failed: 0, [outcome]: times.length, skipped: skips.length } };
    });
  }

  /** Makes the job of a schedule now, with the idempotency answer. @throws AppError not_found; and as a submit does. */
  async trigger(tenantId: string, scheduleId: string, job: Submission, key?: AnsweredKey): Promise<NewJobs> {
    return this.database.transaction(async (query) => {
      const [held] = await query(`SELECT 1 FROM attune.schedules WHERE tenant_id = $1 AND id = $2 FOR UPDATE`, [tenantId, scheduleId]);
      if (!held) throw new AppError('not_found', 'there is no such schedule');
      const made = await insertJobs(query, tenantId, [{ ...job, schedule: { id: prefixed('sch', scheduleId), dueAt: null } }]);
      if (key) await answerKeys(query, tenantId, [{ ...key, jobId: made.jobIds[0]! }]);
      await query(
        `INSERT INTO attune.schedule_fires (tenant_id, schedule_id, due_at, cause, outcome, job_id)
         VALUES ($1, $2, clock_timestamp(), 'trigger', 'fired', $3)`,
        [tenantId, scheduleId, made.jobIds[0]],
      );
      return made;
    });
  }

  /** What became of the due times of one schedule, newest first; `after` is the place of the last of the page before. */
  async list(
    tenantId: string,
    scheduleId: string,
    { limit, outcome, after }: { limit: number; outcome?: FireOutcome | undefined; after?: string | undefined },
  ): Promise<LoggedFire[]> {
    return this.database.query<LoggedFire>(
      `SELECT ${ms('f.due_at')} AS "dueAt", ${ms('f.skipped_through')} AS "skippedThrough", f.cause, f.outcome, f.job_id AS "jobId",
         j.status AS "jobStatus", f.problem_code AS "problemCode", ${ms('f.decided_at')} AS "decidedAt", f.due_at::text AS place
       FROM attune.schedule_fires f LEFT JOIN attune.jobs j ON j.tenant_id = f.tenant_id AND j.id = f.job_id
       WHERE f.tenant_id = $1 AND f.schedule_id = $2 AND ($3::text IS NULL OR f.outcome = $3) AND ($4::timestamptz IS NULL OR f.due_at < $4)
       ORDER BY f.due_at DESC LIMIT $5`,
      [tenantId, scheduleId, outcome ?? null, after ?? null, limit],
    );
  }
}

/** Of these due times those that have a row: a clock that was set back brings them again. */
async function decidedBefore(query: Query, scheduleId: string, times: readonly number[]): Promise<ReadonlySet<number>> {
  const found = await query<{ at: number }>(
    `SELECT ${ms('due_at')} AS at FROM attune.schedule_fires WHERE schedule_id = $1 AND due_at = ANY($2::timestamptz[])`,
    [scheduleId, times.map(iso)],
  );
  return new Set(found.map(({ at }) => at));
}

/** A job for each of the times, or the code of why there can be none. */
async function jobsFor(query: Query, scheduleId: string, times: readonly number[], job: Submission): Promise<NewJobs | ErrorCode> {
  const schedule = (dueAt: number) => ({ id: prefixed('sch', scheduleId), dueAt: iso(dueAt) });
  const submissions = times.map((dueAt) => ({ ...job, schedule: schedule(dueAt) }));
  if (submissions.length === 0) return { jobIds: [], jobs: [], rings: [] };
  try {
    return await insertJobs(query, job.tenantId, submissions);
  } catch (error) {
    // The bytes went with their last job a moment ago: no later pass finds them.
    if (error instanceof AppError) return error.code === 'overloaded' ? 'gone' : error.code;
    throw error;
  }
}

interface FireRow {
  readonly due_at: string;
  readonly through?: string | null;
  readonly outcome: FireOutcome;
  readonly job_id?: string | undefined;
  readonly problem_code?: ErrorCode | null;
}

async function writeFires(query: Query, { tenantId, id }: DueSchedule, rows: readonly FireRow[]): Promise<void> {
  await query(
    `INSERT INTO attune.schedule_fires (tenant_id, schedule_id, due_at, skipped_through, cause, outcome, job_id, problem_code)
     SELECT $1, $2, due_at, through, 'due', outcome, job_id, problem_code
     FROM jsonb_to_recordset($3::jsonb) AS r(due_at timestamptz, through timestamptz, outcome text, job_id uuid, problem_code text)`,
    [tenantId, id, JSON.stringify(rows)],
  );
}
