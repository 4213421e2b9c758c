import { EntitySchema } from 'typeorm';
import { bigint, integer, json, key, optional, references, SCHEMA, text, timeOfInsert, uuid, withDefault } from './columns.js';

export const artifacts = new EntitySchema({
  name: 'artifacts',
  schema: SCHEMA,
  columns: {
    tenant_id: uuid(),
    id: key('artifacts', uuid()),
    job_id: uuid(),
    generation: integer(),
    stage: text(),
    shard: withDefault(integer(), 0),
    kind: text(),
    sha256: text(),
    bytes: bigint(),
    records: optional(bigint()),
    storage_key: text(),
    epoch: bigint(),
    created_at: timeOfInsert(),
    /** Hash of everything that a stage has made it of. */
    content_key: optional(text()),
  },
  indices: [
    { name: 'idx_artifacts_storage_key', columns: ['storage_key'] },
    { name: 'idx_artifacts_content_key', columns: ['tenant_id', 'content_key'], where: `content_key IS NOT NULL AND kind = 'silver'` },
  ],
  uniques: [{ name: 'artifacts_once', columns: ['job_id', 'generation', 'stage', 'shard', 'kind'] }],
  foreignKeys: [references('artifacts', ['job_id'], 'jobs')],
});

/** Where every record of a stage has gone; the database refuses what does not add up. */
export const rowLedger = new EntitySchema({
  name: 'row_ledger',
  schema: SCHEMA,
  columns: {
    tenant_id: uuid(),
    job_id: key('row_ledger', uuid()),
    generation: key('row_ledger', integer()),
    stage: key('row_ledger', text()),
    shard: withDefault(key('row_ledger', integer()), 0),
    unit: withDefault(text(), 'record'),
    records_in: bigint(),
    records_out: bigint(),
    records_quarantined: bigint(),
    records_merged: bigint(),
    records_dropped: bigint(),
    drop_reasons: json(),
  },
  checks: [
    { name: 'row_ledger_reconciles', expression: 'records_in = records_out + records_quarantined + records_merged + records_dropped' },
    { name: 'row_ledger_counts', expression: 'least(records_in, records_out, records_quarantined, records_merged, records_dropped) >= 0' },
  ],
  foreignKeys: [references('row_ledger', ['job_id'], 'jobs')],
});
