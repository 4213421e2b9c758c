import fs from 'node:fs';
import path from 'node:path';

/** Who looks after the installation in this row. */
export const WITH_OPERATOR = { ATTUNE_OPERATORS: 'local' };
const OLD_SECONDS = 48 * 3_600;
const LITTER = 40;

/** Objects that nothing names, two days old and marked a day ago; answers how to collect them and where they are. */
export async function littered({ bed, load }) {
  const keys = Array.from({ length: LITTER }, (_, i) => `tenants/litter/blobs/${String(i).padStart(64, '0')}`);
  for (const key of keys) {
    const file = path.join(bed.deployment.dataDir, 'blobs', key);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, key);
    const at = Date.now() / 1000 - OLD_SECONDS;
    fs.utimesSync(file, at, at);
  }
  const collect = () => load.send(`${bed.deployment.url}/api/v1/operations/gc`, { method: 'POST', headers: load.tenants[0].headers });
  const marked = await collect();
  if (marked.status !== 200) throw new Error(`collecting garbage was answered with ${marked.status} ${marked.body?.code ?? ''}`);
  await bed.rows(`UPDATE attune.gc_marks SET marked_at = now() - interval '25 hours'`);
  return { collect, left: () => keys.filter((key) => bed.blob(key) !== undefined).length };
}
