import { identifier, sql, type Sql } from '@attune/sql';
import type { Claim } from './stages.repository.js';

const SCHEMA = 'warehouse_staging';

type Attempt = Pick<Claim, 'jobId' | 'shard' | 'epoch'>;

/** What the names of a job's staging tables begin with. */
export const stagingPrefix = (jobId: string): string => `s_${jobId.replaceAll('-', '')}_`;

/** Name of the staging table of one attempt. */
export const stagingName = ({ jobId, shard, epoch }: Attempt): string => `${stagingPrefix(jobId)}${shard}_${epoch}`;

export const stagingTable = (name: string): Sql => sql`${identifier(SCHEMA)}.${identifier(name)}`;

/** Names of all staging tables. */
export const STAGING_NAMES = `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = '${SCHEMA}' AND c.relkind = 'r'`;
