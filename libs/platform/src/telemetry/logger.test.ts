import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger, lasting, type LogFields, type Logger } from './logger.js';
import { correlated } from './correlation.js';

function capture(): { log: Logger; lines: () => Record<string, unknown>[] } {
  const written: string[] = [];
  const log = createLogger('debug', 'tests', { write: (line) => void written.push(line) });
  return { log, lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

test('a field that is not listed is dropped and counted, whatever it holds', () => {
  const { log, lines } = capture();
  log.info({ job_id: 'j', patient: 'Ada Quimby', record: { name: 'Ada' } } as LogFields, 'said');
  expect(lines()).toEqual([expect.objectContaining({ job_id: 'j', dropped_fields: 2, msg: 'said', level: 'info', service: 'tests' })]);
  expect(JSON.stringify(lines())).not.toMatch(/Ada|Quimby/);
});

test.each([
  '123-45-6789',
  '1234567893',
  'ada.quimby@example.org',
  '(217) 555-0123',
  '02/29/1960',
  '1960-02-29',
  'MRN 00123',
  '1EG4-TE5-MK73',
])('what looks like %s is struck out of fields and sentences', (planted) => {
  const { log, lines } = capture();
  log.warn({ error: `it was ${planted}` }, `the value ${planted} was refused`);
  expect(JSON.stringify(lines())).not.toContain(planted);
});

test('times, ids and addresses of servers stay readable', () => {
  const { log, lines } = capture();
  const job = '0197c0de-aaaa-7bbb-8ccc-ddddeeeeffff';
  log.info({ job_id: job, url: 'http://127.0.0.1:8080', duration_ms: 1234567890 }, 'ready');
  expect(lines()[0]).toMatchObject({ job_id: job, url: 'http://127.0.0.1:8080', duration_ms: 1234567890 });
});

test('a line carries the ids of the request and the job it belongs to', () => {
  const { log, lines } = capture();
  correlated({ request_id: 'r1', job_id: 'j1', stage: 'plan', epoch: 2 }, () => log.info({}, 'said'));
  expect(lines()[0]).toMatchObject({ request_id: 'r1', job_id: 'j1', stage: 'plan', epoch: 2 });
});

test('a line that cannot be written ends nothing, and lines go out as they are where they can be', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'attune-logger-'));
  const file = openSync(path.join(folder, 'log'), 'w');
  // Always full, where there is such a thing; elsewhere a file that is closed.
  const full = openSync(existsSync('/dev/full') ? '/dev/full' : path.join(folder, 'closed'), 'w');
  if (!existsSync('/dev/full')) closeSync(full);
  const [bad, good] = [full, file].map((fd) => createLogger('info', 'tests', lasting(fd)));
  for (let i = 0; i < 20_000; i++) bad!.info({ attempt: i }, 'said while the disk is full, and longer than all that may wait together');
  for (let i = 0; i < 3; i++) good!.info({ attempt: i }, 'said');
  expect(readFileSync(path.join(folder, 'log'), 'utf8').trim().split('\n')).toHaveLength(3);
  rmSync(folder, { recursive: true });
});
