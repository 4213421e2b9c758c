import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let checkout: string;

beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'attune-bin-'));
  await cp(join(__dirname, '..', 'bin'), join(checkout, 'bin'), { recursive: true });
  await writeFile(join(checkout, 'package.json'), '{"version":"9.8.7","type":"module"}');
});

afterEach(() => rm(checkout, { recursive: true }));

function attune(...args: string[]): Promise<{ exit: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [join(checkout, 'bin', 'attune.mjs'), ...args], (_error, stdout, stderr) => {
      resolve({ exit: child.exitCode, stdout, stderr });
    });
  });
}

test('before the first build the command says how to build', async () => {
  const { exit, stdout, stderr } = await attune('submit', 'people.csv');
  expect([exit, stdout]).toEqual([4, '']);
  expect(stderr).toContain('npm run quickstart');
});

test('the command hands its words over and exits as it is told', async () => {
  await mkdir(join(checkout, 'bundle'));
  const start = 'export const start = async (args, version) => { console.log(JSON.stringify([args, version])); return 3; };';
  await writeFile(join(checkout, 'bundle', 'main.js'), start);
  const { exit, stdout } = await attune('jobs', 'ls');
  expect([exit, JSON.parse(stdout)]).toEqual([3, [['jobs', 'ls'], '9.8.7']]);
});
