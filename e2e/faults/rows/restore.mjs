import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { AllInOne, ATTUNE } from '../all-in-one.mjs';
import { freePort } from '../deployment.mjs';
import { violations } from '../invariants.mjs';

const RESTORED_MS = 30 * 60_000;
const QUIET_MS = 120_000;

export const restore = {
  id: 'F66',
  fault: 'restore of a backup taken while jobs flow',
  flow: true,
  async run({ bed, load, since, note, expect, bound }) {
    const place = fs.mkdtempSync(path.join(bed.directory, 'restore-'));
    const folder = path.join(place, 'backup');
    const { deployment } = bed;
    const source = { ATTUNE_DATABASE_URL: deployment.databaseUrl, ATTUNE_BLOBS_URL: `file://${path.join(deployment.dataDir, 'blobs')}` };
    const taken = JSON.parse(await attune(['backup', folder, '--json'], { ATTUNE_DATA_DIR: deployment.dataDir, ...source }));
    const [began, stopped] = [taken.startedAt, taken.stoppedAt].map((time) => Date.parse(time));
    const accepted = new Map([...load.accepted].filter(([, { at }]) => at < stopped));
    note('backup ms', Date.parse(taken.finishedAt) - began);
    note('jobs in it', accepted.size);
    expect(accepted.size > 0, 'no job was accepted before the backup stopped');

    const from = performance.now();
    const dataDir = path.join(place, 'data');
    const { verification, leases } = JSON.parse(await attune(['restore', folder, '--json'], { ATTUNE_DATA_DIR: dataDir }));
    expect(verification.faults.length === 0, `verify tells ${JSON.stringify(verification.faults.slice(0, 3))}`);
    const again = new AllInOne(dataDir, await freePort(), { ATTUNE_KEY_PEPPER: deployment.pepper, ATTUNE_RATE_API: '0' });
    let database;
    try {
      await again.start();
      const tookMs = performance.now() - from;
      note('restored ms', Math.round(tookMs));
      note('stages at work then', leases);
      expect(tookMs <= bound(RESTORED_MS), `it took ${Math.round(tookMs)} ms until it was ready`);
      database = new pg.Pool({ connectionString: again.databaseUrl, max: 2 });
      const rows = async (sql, parameters = []) => (await database.query(sql, parameters)).rows;
      const restored = { deployment: again, directory: place, processes: again.processes, rows, blob: (key) => again.blob(key) };
      const known = {
        ...{ accepted, complaints: [], loading: load.loading },
        ...{ referenceOf: (name) => load.referenceOf(name), warehouseOf: (name) => load.warehouseOf(name) },
      };
      const found = await violations(restored, known, { since, withinMs: bound(QUIET_MS) });
      expect(found.length === 0, `restored: ${found.slice(0, 5).join('; ')}`);
    } finally {
      await database?.end();
      await again.stop();
    }
    fs.rmSync(place, { recursive: true });
  },
};

/** The command line as a process of its own, beside everything that goes on here; answers what it prints. */
async function attune(words, settings) {
  const child = spawn(process.execPath, [ATTUNE, ...words], { env: { ...process.env, ...settings }, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const code = await ended;
  if (code !== 0) throw new Error(`attune ${words[0]} ended with ${code}: ${error}${out}`);
  return out;
}
