import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

test('the reference pages and .env.example say what the code says', () => {
  const script = join(import.meta.dirname, 'generate-reference.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
