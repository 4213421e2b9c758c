import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

test('what can be known of the deployment with Node alone holds', () => {
  const { status, stdout } = spawnSync(process.execPath, [join(import.meta.dirname, 'check-deploy.mjs'), '--cheap'], { encoding: 'utf8' });
  const lines = stdout.trim().split('\n');
  expect(lines.filter((line) => line.startsWith('failed'))).toEqual([]);
  expect(lines.at(-1)).toMatch(/^[1-9]\d* executed, 0 failed, /);
  expect(status).toBe(0);
});
