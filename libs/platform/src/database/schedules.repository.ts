import type { CatchUp, ScheduledJob } from '@attune/api';
import { AppError } from '@attune/core';
import { v7 as uuidv7 } from 'uuid';
import { type Calendar, dueAfter } from '../schedules/due-times.js';
import type { Database } from './database.js';

/** When jobs are made by themselves. Times in milliseconds of the database clock. */
export interface StoredSchedule extends Calendar {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly job: ScheduledJob;
  readonly catchUp: CatchUp;
  readonly paused: boolean;
  readonly nextDueAt: number | null;
  readonly firedThrough: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface NewSchedule extends Calendar {
  readonly name: string;
  readonly job: ScheduledJob;
  readonly catchUp: CatchUp;
  readonly paused: boolean;
}

export type ScheduleChange = { readonly [Member in Exclude<keyof NewSchedule, 'paused'>]?: NewSchedule[Member] | undefined };

/** Where a page of schedules ends. */
export type ScheduleKey = Pick<StoredSchedule, 'createdAt' | 'id'>;

type Query = Database['query'];

const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`;
const NOW = `${ms('now()')} AS now`;
const COLUMNS = `id, version, name, cron, time_zone AS "timeZone", request AS job, catch_up AS "catchUp", paused, ${ms('next_due_at')} AS "nextDueAt",
  ${ms('fired_through')} AS "firedThrough", ${ms('created_at')} AS "createdAt", ${ms('updated_at')} AS "updatedAt"`;

/** Schedules as their owners see them. Another tenant's do not exist. Its version rises with every change and every decision on due times. */
export class SchedulesRepository {
  constructor(private readonly database: Database) {}

  /** @throws AppError validation_failed for a calendar in which no time ever comes. */
  async create(tenantId: string, { name, cron, timeZone, job, catchUp, paused }: NewSchedule): Promise<StoredSchedule> {
    return this.database.transaction(async (query) => {
      const [clock] = await query<{ now: number }>(`SELECT ${NOW}`);
      const next = firstDue({ cron, timeZone }, clock!.now);
      const [created] = await query<StoredSchedule>(
        `INSERT INTO attune.schedules (tenant_id, id, name, cron, time_zone, request, catch_up, paused, next_due_at)
         VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9) RETURNING ${COLUMNS}`,
        [tenantId, uuidv7(), name, cron, timeZone, JSON.stringify(job), catchUp, paused, paused ? null : next],
      );
      return created!;
    });
  }

  /** @throws AppError not_found. */
  async find(tenantId: string, id: string): Promise<StoredSchedule> {
    const [found] = await this.database.query<StoredSchedule>(`SELECT ${COLUMNS} FROM attune.schedules WHERE tenant_id = $1 AND id = $2`, [
      tenantId,
      id,
    ]);
    if (!found) throw notFound();
    return found;
  }

  /** Newest first; `after` is the last key of the page before. */
  async list(tenantId: string, { limit, after }: { limit: number; after?: ScheduleKey }): Promise<StoredSchedule[]> {
    return this.database.query<StoredSchedule>(
      `SELECT ${COLUMNS} FROM attune.schedules
       WHERE tenant_id = $1 AND ($2::float8 IS NULL OR (${ms('created_at')}, id) < ($2, $3::uuid)) ORDER BY created_at DESC, id DESC LIMIT $4`,
      [tenantId, after?.createdAt ?? null, after?.id ?? null, limit],
    );
  }

  /**
   * Changes version `expected`; what is left out stays. Another calendar counts from now on.
   * @throws AppError not_found; precondition_failed when the version is another; validation_failed as `create`.
   */
  async change(tenantId: string, id: string, expected: number, change: ScheduleChange): Promise<StoredSchedule> {
    return this.database.transaction(async (query) => {
      const { now, ...before } = await lock(query, tenantId, id);
      if (before.version !== expected)
        throw new AppError('precondition_failed', 'the schedule has a later version than the one that was read');
      const cron = change.cron ?? before.cron;
      const timeZone = change.timeZone ?? before.timeZone;
      const other = cron !== before.cron || timeZone !== before.timeZone;
      const next = other ? firstDue({ cron, timeZone }, now) : null;
      const [changed] = await query<StoredSchedule>(
        `UPDATE attune.schedules SET version = version + 1, updated_at = now(), name = coalesce($2, name), cron = $3, time_zone = $4,
           request = coalesce($5::jsonb, request), catch_up = coalesce($6, catch_up),
           next_due_at = CASE WHEN $7 AND NOT paused THEN $8::timestamptz ELSE next_due_at END
         WHERE id = $1 RETURNING ${COLUMNS}`,
        [id, change.name ?? null, cron, timeZone, change.job ? JSON.stringify(change.job) : null, change.catchUp ?? null, other, next],
      );
      return changed!;
    });
  }

  /** Pauses it, or goes on from the next due time; what is so already stays as it is. @throws AppError not_found. */
  async setPaused(tenantId: string, id: string, paused: boolean): Promise<StoredSchedule> {
    return this.database.transaction(async (query) => {
      const { now, ...before } = await lock(query, tenantId, id);
      if (before.paused === paused) return before;
      const [changed] = await query<StoredSchedule>(
        `UPDATE attune.schedules SET version = version + 1, updated_at = now(), paused = $2, next_due_at = $3::timestamptz
         WHERE id = $1 RETURNING ${COLUMNS}`,
        [id, paused, paused ? null : firstDue(before, now)],
      );
      return changed!;
    });
  }

  /** Removes it with its history; its jobs stay. @throws AppError not_found. */
  async remove(tenantId: string, id: string): Promise<void> {
    const removed = await this.database.query(`DELETE FROM attune.schedules WHERE tenant_id = $1 AND id = $2 RETURNING id`, [tenantId, id]);
    if (removed.length === 0) throw notFound();
  }
}

async function lock(query: Query, tenantId: string, id: string): Promise<StoredSchedule & { now: number }> {
  const [found] = await query<StoredSchedule & { now: number }>(
    `SELECT ${COLUMNS}, ${NOW} FROM attune.schedules WHERE tenant_id = $1 AND id = $2 FOR UPDATE`,
    [tenantId, id],
  );
  if (!found) throw notFound();
  return found;
}

/** RFC 3339. */
function firstDue(calendar: Calendar, now: number): string {
  const due = dueAfter(calendar, now);
  if (due !== undefined) return new Date(due).toISOString();
  const message = 'No time ever comes that it names.';
  throw new AppError('validation_failed', message, { errors: [{ pointer: '/cron', code: 'never', message }] });
}

function notFound(): AppError {
  return new AppError('not_found', 'there is no such schedule');
}
