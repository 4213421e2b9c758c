import { createHash } from 'node:crypto';
import { HOSTILE_FILES, type HostileFile } from './hostile-files.js';
import { expectConservation, expectLocated, Installation, linesOf } from './installation.js';

const GOOD = 'patient_id,first_name,last_name\nP1,Ada,Colby\nP2,Bo,Varley\nP3,Cy,Upton\n';
let attune: Installation;
let pid: number;
jest.setTimeout(300_000);

beforeAll(async () => {
  attune = await Installation.start();
  pid = attune.server.processes[0]!.pid;
});
afterAll(async () => expect(await attune.stop()).toEqual({ exitCode: 0, left: [] }), 60_000);

test.each(HOSTILE_FILES.map((file) => [file.name, file] as const))(
  '%s ends as foretold, and a good job still completes',
  async (_, file) => {
    const job = await attune.run({ bytes: file.bytes, options: { output_formats: ['ndjson'], remove_duplicates: false } });
    expect([job.status, job.error?.code]).toEqual(file.fails === undefined ? ['completed', undefined] : ['failed', file.fails]);
    expect(job.input).toMatchObject({ bytes: file.bytes.length, sha256: createHash('sha256').update(file.bytes).digest('hex') });
    expectConservation(job);
    if (file.fails === undefined) await expectAccounted(file, job.job_id);
    else expect(job.error!.detail).toMatch(/[a-z]/);
    if (file.fails === 'quarantine.limit') expectLocated(file.bytes, await attune.quarantine(job.job_id));
    expect(await attune.health()).toBe(200);
    // What completes shows it by itself: the next file meets the same processes.
    if (file.fails !== undefined) expect((await attune.run({ bytes: GOOD })).status).toBe('completed');
    expect(() => process.kill(pid, 0)).not.toThrow();
  },
);

/** Records of the ledger, of the result and of the quarantine are those that the file was made with. */
async function expectAccounted(file: HostileFile, id: string): Promise<void> {
  const job = await attune.job(id);
  const quarantined = await attune.quarantine(id);
  expect(quarantined.map(({ code }) => code)).toEqual(file.quarantined ?? []);
  const text = file.unpacked ?? file.bytes;
  expectLocated(text, quarantined);
  const rows = await attune.rows(id);
  expect(job.metrics.total_records).toBe(file.records);
  expect(rows).toHaveLength(file.records! - quarantined.length);
  expect(job.metrics.records_quarantined).toBe(quarantined.length);
  const ordinals = [...rows.map((row) => Number(row['_record'])), ...quarantined.map(({ record }) => record)].sort((a, b) => a - b);
  expect(ordinals).toEqual(Array.from({ length: file.records! }, (_, i) => i + 1));
  expectTiling(text, file.unit ?? 1, rows, quarantined);
  const found = linesOf(await attune.blob('findings', id)).map((finding) => (finding as { code: string }).code);
  for (const code of file.findings ?? []) expect(found).toContain(code);
}

/** Each record begins where one before it has ended: behind the header, every byte belongs to a record. */
function expectTiling(
  bytes: Buffer,
  unit: number,
  rows: readonly Record<string, unknown>[],
  quarantined: readonly { byte_offset: number; byte_length: number }[],
): void {
  const starts = [...rows.map((row) => Number(row['_byte_offset'])), ...quarantined.map((record) => record.byte_offset)].sort(
    (a, b) => a - b,
  );
  for (const start of starts) expect(['\n', '\r']).toContain(String.fromCharCode(bytes[start - unit]!));
  for (const { byte_offset, byte_length } of quarantined) {
    const next = starts.find((start) => start > byte_offset) ?? bytes.length;
    expect(byte_offset + byte_length).toBe(next);
  }
}

test('numbers keep their leading zeros', async () => {
  const job = await attune.run({
    bytes: 'patient_id,zip_code,ledger_no\n007,02155,000123\n008,00501,000124\n',
    options: { output_formats: ['ndjson'] },
  });
  expect(await attune.rows(job.job_id)).toMatchObject([
    { patient_id: '007', zip_code: '02155', 'source.ledger_no': '000123' },
    { patient_id: '008', zip_code: '00501', 'source.ledger_no': '000124' },
  ]);
});
