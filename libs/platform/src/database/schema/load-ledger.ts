import { EntitySchema } from 'typeorm';
import { bigint, boolean, integer, key, references, SCHEMA, text, time, uuid } from './columns.js';

/**
 * What a stage has loaded into which table of the warehouse: written in the transaction that changes the rows, so that nothing is loaded
 * twice. The latest load of a dataset into a table, by `asked_at`, is the one whose rows are open there.
 */
export const loadLedger = new EntitySchema({
  name: 'load_ledger',
  schema: SCHEMA,
  columns: {
    tenant_id: uuid(),
    job_id: key('load_ledger', uuid()),
    generation: key('load_ledger', integer()),
    stage: key('load_ledger', text()),
    shard: key('load_ledger', integer()),
    target_table: key('load_ledger', text()),
    dataset_id: uuid(),
    epoch: bigint(),
    asked_at: time(),
    superseded: boolean(),
    rows: bigint(),
    rows_added: bigint(),
    rows_closed: bigint(),
    loaded_at: time(),
  },
  indices: [{ name: 'idx_load_ledger_dataset', columns: ['tenant_id', 'dataset_id', 'target_table', 'asked_at'] }],
  // A load may last, and must not keep the job's row locked meanwhile.
  foreignKeys: [{ ...references('load_ledger', ['job_id'], 'jobs'), deferrable: 'INITIALLY DEFERRED' }],
});
