import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const buf = (directory: string, ...words: string[]) =>
  spawnSync(process.execPath, [join(ROOT, 'node_modules/@bufbuild/buf/bin/buf'), ...words], { cwd: directory, encoding: 'utf8' });
const hasBuf = buf(ROOT, '--version').status === 0;
const testBuf = hasBuf ? test : test.skip;
if (!hasBuf) test.skip('not executed: buf has no binary for this platform', () => undefined);

testBuf('the code of gRPC says what proto/ says, and its linter has nothing to add', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'tools/generate-grpc.mjs'), '--check'], { encoding: 'utf8' });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
});

/** What buf says of a change in one file of a copy of proto/, held against the committed image. */
function judge(file: string, change: (text: string) => string): { status: number | null; stdout: string } {
  const copy = mkdtempSync(join(tmpdir(), 'attune-proto-'));
  try {
    for (const part of ['proto', 'buf.yaml']) cpSync(join(ROOT, part), join(copy, part), { recursive: true });
    const path = join(copy, 'proto/attune/v1', file);
    const changed = change(readFileSync(path, 'utf8'));
    expect(changed).not.toBe(readFileSync(path, 'utf8'));
    writeFileSync(path, changed);
    const { status, stdout } = buf(copy, 'breaking', '--against', join(ROOT, 'proto/attune-v1.binpb'));
    return { status, stdout };
  } finally {
    rmSync(copy, { recursive: true });
  }
}

testBuf.each([
  ['a field that goes', 'validator.proto', (text: string) => text.replace('  string format = 1;\n', '')],
  ['a field of another type', 'jobs.proto', (text: string) => text.replace('uint64 after_seq = 2;', 'string after_seq = 2;')],
  ['a field under another name', 'harmonizer.proto', (text: string) => text.replace('string fingerprint = 3;', 'string finger_print = 3;')],
  ['a call that goes', 'harmonizer.proto', (text: string) => text.replace(/ {2}rpc Diff\([^;]+;\n/, '')],
  ['a stream that is none any more', 'jobs.proto', (text: string) => text.replace('(stream WatchResponse)', '(WatchResponse)')],
])('%s breaks the contract, and npm run gen would refuse it', (_, file, change) => {
  const { status, stdout } = judge(file, change);
  expect(status).not.toBe(0);
  expect(stdout).toContain(file);
});

testBuf('a field more breaks nothing', () => {
  expect(judge('jobs.proto', (text) => text.replace('uint64 after_seq = 2;', 'uint64 after_seq = 2;\n  string note = 3;'))).toEqual({
    status: 0,
    stdout: '',
  });
});
