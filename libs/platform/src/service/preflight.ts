import { AppError } from '@attune/core';
import type { Database } from '../database/database.js';
import { migrations } from '../database/migrations/migrations.js';
import { redisMemory } from '../queue/redis-memory.js';
import { errorName, type Logger } from '../telemetry/logger.js';

/** One thing that was looked at. `fail` keeps Attune from working, `warn` does not yet. */
export interface Checkup {
  readonly what: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly found: string;
  /** What to do about it. */
  readonly remedy?: string;
}

/** The oldest Postgres that the tests were executed on. */
const OLDEST_POSTGRES = 15;
/** Deadlines, retention and schedules are told by the clock of the database; whoever reads both clocks should not see them differ. */
const CLOCK_SECONDS = 5;

interface Facts {
  readonly version: number;
  readonly durable: boolean;
  readonly seconds: number;
  readonly migrated: boolean;
}

/** Looks at the database and the queue before anything is served on them. @throws AppError dependency_unavailable without a database */
export async function preflight(database: Database, queueUrl: string): Promise<readonly Checkup[]> {
  const sent = Date.now();
  const [facts] = await database.query<Facts>(
    `SELECT current_setting('server_version_num')::int / 10000 AS version,
            current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on' AS durable,
            extract(epoch FROM clock_timestamp())::float8 AS seconds,
            to_regclass('attune.migrations') IS NOT NULL AS migrated`,
  );
  const own = (sent + Date.now()) / 2000;
  const had = facts!.migrated ? await database.query<{ name: string }>('SELECT name FROM attune.migrations') : [];
  const known = new Set(had.map(({ name }) => name));
  return [
    versionOf(facts!.version),
    durabilityOf(facts!.durable),
    schemaOf(migrations.filter(({ name }) => !known.has(name)).length),
    clockOf(facts!.seconds - own),
    ...(await queueOf(queueUrl)),
  ];
}

/** Whatever is only unwise is logged. @throws AppError validation_failed with the first thing that keeps Attune from working, and its remedy */
export function refuseUnfit(checkups: readonly Checkup[], log: Logger): void {
  for (const { what, state, found } of checkups) if (state === 'warn') log.warn({ what: `${what}: ${found}` }, 'preflight');
  const unfit = checkups.find(({ state }) => state === 'fail');
  if (unfit) throw new AppError('validation_failed', `${unfit.what}: ${unfit.found}. ${unfit.remedy ?? ''}`.trim());
}

function versionOf(version: number): Checkup {
  const what = 'database version';
  if (version >= OLDEST_POSTGRES) return { what, state: 'ok', found: `Postgres ${version}` };
  return { what, state: 'fail', found: `Postgres ${version}`, remedy: `Use Postgres ${OLDEST_POSTGRES} or later.` };
}

function durabilityOf(durable: boolean): Checkup {
  const what = 'database durability';
  if (durable) return { what, state: 'ok', found: 'fsync and full_page_writes are on' };
  const remedy = 'Set both to on: without them accepted jobs may be lost with the power.';
  return { what, state: 'warn', found: 'fsync or full_page_writes is off', remedy };
}

/** A schema that is ahead is another version's at work beside this one: migrations only ever add first. */
function schemaOf(pending: number): Checkup {
  const what = 'database schema';
  if (pending === 0) return { what, state: 'ok', found: 'up to date' };
  const found = `${pending} of ${migrations.length} migrations are not made`;
  return { what, state: 'fail', found, remedy: 'Execute attune migrate.' };
}

function clockOf(ahead: number): Checkup {
  const what = 'clock';
  const found = `the database is ${Math.abs(ahead).toFixed(1)} s ${ahead < 0 ? 'behind' : 'ahead'}`;
  if (Math.abs(ahead) <= CLOCK_SECONDS) return { what, state: 'ok', found };
  return { what, state: 'warn', found, remedy: 'Keep both by a time server.' };
}

async function queueOf(queueUrl: string): Promise<readonly Checkup[]> {
  const what = 'queue';
  try {
    const memory = await redisMemory(queueUrl);
    if (memory === undefined) return [];
    if (memory.evictsNothing) return [{ what, state: 'ok', found: 'Redis evicts nothing' }];
    const remedy = 'Set maxmemory-policy noeviction.';
    return [{ what, state: 'fail', found: 'Redis may evict what waits in it', remedy }];
  } catch (error) {
    // Jobs go on by the tick; a Redis that is away is no reason to stay away as well.
    return [
      { what, state: 'warn', found: `Redis does not answer (${errorName(error)})`, remedy: 'Start it; until then jobs wait for a tick.' },
    ];
  }
}
