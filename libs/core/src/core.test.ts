import { readFileSync } from 'node:fs';
import {
  AppError,
  bareId,
  entities,
  ERROR_KINDS,
  errorCode,
  FINDING_KINDS,
  type FindingCode,
  ledgerGap,
  LINEAGE_COLUMNS,
  prefixed,
} from './index.js';

const UUID = '019a3c5e-7b00-7aaa-8bbb-0123456789ab';

test('an id is accepted with its own prefix and bare, and nothing else is an id', () => {
  expect(bareId('job', prefixed('job', UUID))).toBe(UUID);
  expect(bareId('job', UUID)).toBe(UUID);
  for (const wrong of [`ds_${UUID}`, 'job_', UUID.toUpperCase(), `${UUID}0`, "' or 1=1", '../etc'])
    expect(bareId('job', wrong)).toBeUndefined();
});

test('an honest ledger has no gap, and a lost record shows as one', () => {
  const ledger = { recordsIn: 10, recordsOut: 6, recordsQuarantined: 2, recordsMerged: 1, recordsDropped: 1, dropReasons: { test: 1 } };
  expect(ledgerGap(ledger)).toBe(0);
  expect(ledgerGap({ ...ledger, recordsOut: 5 })).toBe(1);
});

test('every error code has a status that problems can carry, and a text from elsewhere never becomes a code of ours', () => {
  for (const { status, title } of Object.values(ERROR_KINDS)) {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(title).not.toBe('');
  }
  expect(errorCode('quarantine.limit')).toBe('quarantine.limit');
  for (const foreign of ['toString', '__proto__', 'nonsense', '']) expect(errorCode(foreign)).toBe('internal');
});

test('an error keeps its cause inside: what may leave names the code and the detail only', () => {
  const error = new AppError('dependency_unavailable', 'the database does not answer', { cause: new Error('password=secret') });
  expect(error.message).toBe('dependency_unavailable: the database does not answer');
  expect(error.retryable).toBe(true);
  expect(JSON.stringify({ ...error, message: error.message })).not.toContain('secret');
});

test('what sets a whole record aside is an error, and every finding says something to a person', () => {
  for (const kind of Object.values(FINDING_KINDS)) {
    expect(kind.message).toMatch(/^[A-Z].*\.$/);
    if (kind.quarantines) expect(kind.severity).toBe('error');
  }
  const codes: FindingCode[] = ['csv.field_count', 'text.invalid_encoding'];
  expect(codes.every((code) => FINDING_KINDS[code].quarantines)).toBe(true);
});

test('the fields of an entity have different names, none of which is a lineage or a carried column', () => {
  for (const { fields } of entities) {
    const names = fields.map(({ name }) => name);
    expect(new Set([...names, ...LINEAGE_COLUMNS]).size).toBe(names.length + LINEAGE_COLUMNS.length);
    for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
  }
});

test('this floor reaches for nothing but zod', () => {
  const { dependencies } = JSON.parse(readFileSync(`${__dirname}/../package.json`, 'utf8')) as { dependencies: object };
  expect(Object.keys(dependencies)).toEqual(['zod']);
});
