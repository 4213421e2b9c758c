import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { jobPaths } from '@attune/api';
import { AllInOne } from '../faults/all-in-one.mjs';
import { freePort } from '../faults/deployment.mjs';
import { Installation, ROOT } from './installation.js';

jest.setTimeout(240_000);

const CSV = 'patient_id,first_name,last_name\nP1,Ann,Bee\nP2,Cy,Dee\n';
const LANES = 2;

let attune: Installation;
beforeAll(async () => void (attune = await Installation.start({ ATTUNE_RATE_JOBS: '0', ATTUNE_RATE_API: '0' })));
afterAll(() => attune.stop());

/** The real command line on a data directory; answers what it prints. */
async function cli(dataDir: string, ...words: string[]): Promise<string> {
  const env = { ...process.env, ATTUNE_DATA_DIR: dataDir };
  const child = spawn(process.execPath, [path.join(ROOT, 'apps/attune/bin/attune.mjs'), ...words], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect({ words, code: await ended, error }).toEqual({ words, code: 0, error: expect.any(String) as string });
  return out;
}

/** Submits jobs until it is told to stop; answers those that were accepted, and when. */
function submitting(): () => Promise<{ id: string; at: number }[]> {
  let going = true;
  const accepted: { id: string; at: number }[] = [];
  const lane = async (): Promise<void> => {
    while (going) {
      const { job_id: id } = await attune.submit({ bytes: `${CSV}P${accepted.length + 3},Eve,${Math.random()}\n` });
      accepted.push({ id, at: Date.now() });
      await attune.ended(id);
    }
  };
  const lanes = Promise.all(Array.from({ length: LANES }, lane));
  return async () => {
    going = false;
    await lanes;
    return accepted;
  };
}

const tagOf = async (url: string, headers: Readonly<Record<string, string>>, id: string): Promise<string | null> =>
  (await fetch(`${url}${jobPaths(id).result}?format=csv`, { headers })).headers.get('etag');

test('a backup that is taken while jobs flow is restored elsewhere: every job that was accepted ends there, with the same bytes', async () => {
  const folder = path.join(attune.directory, 'backup');
  const target = path.join(attune.directory, 'restored');
  const stop = submitting();
  const { stoppedAt } = JSON.parse(await cli(attune.server.dataDir, 'backup', folder, '--json')) as { stoppedAt: string };
  const accepted = (await stop()).filter(({ at }) => at < Date.parse(stoppedAt));
  expect(accepted.length).toBeGreaterThan(LANES);
  for (const { id } of accepted) await attune.ended(id);

  expect(JSON.parse(await cli(target, 'restore', folder, '--json'))).toMatchObject({ verification: { faults: [] } });
  const again = new AllInOne(target, await freePort());
  try {
    await again.start();
    for (const { id } of accepted) {
      expect([id, (await again.ended(id)).status]).toEqual([id, 'completed']);
      expect([id, await tagOf(again.url, again.headers, id)]).toEqual([id, await tagOf(attune.server.url, attune.server.headers, id)]);
    }
    expect(await cli(target, 'verify', '--all')).toContain('Nothing is wrong.');
  } finally {
    await again.stop();
  }
  expect(fs.existsSync(path.join(target, 'restoring'))).toBe(false);
});
