import { createHash } from 'node:crypto';

/** The tables of the warehouse that hold rows, by a look at the catalog. */
const tables = async (bed) =>
  (await bed.rows(`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'warehouse' ORDER BY 1`)).map(({ name }) => name);

/** Takes everything out of the warehouse, as if nothing had been loaded. Nobody loads meanwhile. */
export async function emptied(bed) {
  for (const name of await tables(bed)) await bed.rows(`DELETE FROM warehouse.${name}`);
  await bed.rows('DELETE FROM attune.load_ledger');
}

/** Number and hash of the open rows of a tenant, without what says which job has brought them and when. */
export async function openRows(bed, tenant) {
  const found = [];
  for (const name of await tables(bed)) {
    const rows = await bed.rows(
      `SELECT to_jsonb(w) - ARRAY['job_id', 'batch_id', 'valid_from'] AS row FROM warehouse.${name} w JOIN attune.tenants t ON t.id = w.tenant_id
       WHERE t.name = $1 AND valid_to IS NULL ORDER BY dataset_id, source_record_id`,
      [tenant],
    );
    if (rows.length > 0) found.push(`${name} ${rows.length} ${createHash('sha256').update(JSON.stringify(rows)).digest('hex')}`);
  }
  return found.join(', ');
}

/** Records of which more than one version is open, or of which two versions were open at a time. */
export async function doubled(bed) {
  let count = 0;
  for (const name of await tables(bed)) {
    const [{ n }] = await bed.rows(
      `SELECT count(*)::int AS n FROM (SELECT valid_to, lead(valid_from) OVER (PARTITION BY tenant_id, dataset_id, source_record_id ORDER BY valid_from) AS next
         FROM warehouse.${name}) v WHERE next IS NOT NULL AND coalesce(valid_to, 'infinity') > next`,
    );
    count += n;
  }
  return count;
}
