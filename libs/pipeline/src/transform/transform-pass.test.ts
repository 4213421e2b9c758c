import { findEntity, type Plan } from '@attune/core';
import fc from 'fast-check';
import { planOver } from './mapping-plan.fixture.js';
import type { RecordHash } from './record-hash.js';
import { silverColumns } from './silver-columns.js';
import { TransformPass } from './transform-pass.js';
import { transformText, type Left, type TransformCuts } from './transform-text.fixture.js';

const person = findEntity('person')!;

/** A header `id,born,note`: the first two mapped, the third carried. */
function planOf(options: Partial<Plan['options']> = {}, rest: Partial<Plan> = {}): Plan {
  const fields = [
    { field: 'birth_date', from: ['born'], standardizer: 'date', options: { order: 'mdy' } },
    { field: 'patient_id', from: ['id'], standardizer: 'identifier' },
  ];
  return planOver(['id', 'born', 'note'], fields, options, rest);
}

const transform = (input: string | Buffer, plan: Plan = planOf(), cuts: TransformCuts = {}): Left => transformText(input, plan, cuts);

/** The columns of a row that the test file has, with the lineage. */
function told(rows: Left['rows'], plan = planOf()): (string | null)[][] {
  const names = silverColumns(plan, person).map(({ name }) => name);
  const wanted = ['patient_id', 'birth_date', 'source.note', '_record', '_byte_offset', '_line'].map((name) => names.indexOf(name));
  return rows.map((row) => wanted.map((i) => row[i]!));
}

const HEADER = 'id,born,note\n';

test('a record becomes the fields of the entity in schema order, then the carried columns, then where it came from', () => {
  const { rows } = transform(`${HEADER}a1,3/9/1987,hello\n`);
  expect(rows).toHaveLength(1);
  expect(rows[0]).toHaveLength(person.fields.length + 1 + 3);
  expect(told(rows)).toEqual([['a1', '1987-03-09', 'hello', '1', '13', '2']]);
});

test('a refused value becomes null and a finding with the value as received; the record stays', () => {
  const { rows, findings, result } = transform(`${HEADER}a1, 2/30/1987 ,x\n`);
  expect(told(rows)).toEqual([['a1', null, 'x', '1', '13', '2']]);
  expect(findings).toEqual([
    {
      member: '',
      record: 1,
      line: 2,
      byte_offset: 13,
      column: 1,
      field: 'birth_date',
      code: 'date.invalid',
      severity: 'error',
      value: ' 2/30/1987 ',
    },
  ]);
  expect(result.profile.columns.find(({ name }) => name === 'birth_date')).toMatchObject({ received: 1, refused: 1, nulls: 1 });
});

test('a record without a required field is set aside with its bytes, and only reported when the schema is not validated', () => {
  const input = `${HEADER}a1,2/30/1987,x\na2,,y\na3,1987-03-09,z\n`;
  const strict = transform(input, planOf({}, { required: ['birth_date'] }));
  expect(told(strict.rows).map(([id]) => id)).toEqual(['a3']);
  expect(strict.quarantine.map(({ record, code, field, column, raw }) => ({ record, code, field, column, raw }))).toEqual([
    { record: 1, code: 'field.required', field: 'birth_date', column: 1, raw: 'a1,2/30/1987,x\n' },
    { record: 2, code: 'field.required', field: 'birth_date', column: 1, raw: 'a2,,y\n' },
  ]);
  expect(strict.findings.map(({ code }) => code)).toEqual(['date.invalid', 'field.required', 'field.required']);
  expect(strict.result.ledger).toMatchObject({ recordsIn: 3, recordsOut: 1, recordsQuarantined: 2, recordsMerged: 0 });

  const lenient = transform(input, planOf({ validate_schema: false }, { required: ['birth_date'] }));
  expect(told(lenient.rows).map(([id]) => id)).toEqual(['a1', 'a2', 'a3']);
  expect(lenient.quarantine).toEqual([]);
  expect(lenient.findings).toEqual(strict.findings);
});

test('without standardizing the result is the received text, only control characters are taken out', () => {
  const plan = planOf({ standardize_fields: false });
  const { rows, findings } = transform(`${HEADER} n/a ,2/30/1987,"a\tb\nc"\nx\u0001y,,\u0002\n`, plan);
  expect(told(rows, plan)).toEqual([
    [' n/a ', '2/30/1987', 'a\tb\nc', '1', '13', '2'],
    ['xy', null, null, '2', '37', '4'],
  ]);
  expect(findings.map(({ field, code, value }) => [field, code, value])).toEqual([
    ['patient_id', 'text.control_character', 'x\u0001y'],
    ['source.note', 'text.control_character', '\u0002'],
  ]);
});

test('of exact duplicates the first survives, and each merged record says where its survivor lies', () => {
  const input = `${HEADER}a1,1987-03-09,x\na2,,\na1,3/9/1987,x\na1,3/9/1987,X\na1,1987-03-09,x\n`;
  const merged = transform(input);
  expect(told(merged.rows).map((row) => row[3])).toEqual(['1', '2', '4']);
  expect(merged.duplicates).toEqual([
    { record: 3, line: 4, byte_offset: 34, survivor_record: 1, survivor_line: 2, survivor_byte_offset: 13 },
    { record: 5, line: 6, byte_offset: 62, survivor_record: 1, survivor_line: 2, survivor_byte_offset: 13 },
  ]);
  expect(merged.result.ledger).toMatchObject({ recordsIn: 5, recordsOut: 3, recordsMerged: 2 });

  const kept = transform(input, planOf({ remove_duplicates: false }));
  expect(kept.rows).toHaveLength(5);
  expect(kept.duplicates).toEqual(merged.duplicates);
  expect(kept.result.ledger).toMatchObject({ recordsIn: 5, recordsOut: 5, recordsMerged: 0 });
});

test('records that differ only in what cleaning removed from a carried column are not the same record', () => {
  const { rows, duplicates } = transform(`${HEADER}a,,x\na,,x\u0001\na,,x\u0001\r\na,,x\u0002\n`);
  expect(told(rows).map((row) => [row[2], row[3]])).toEqual([
    ['x', '1'],
    ['x', '2'],
    ['x', '4'],
  ]);
  expect(duplicates.map(({ record, survivor_record }) => [record, survivor_record])).toEqual([[3, 2]]);
  const collide: RecordHash = (_hashes, _columns, lanes, at) => lanes.fill(0, at, at + 4);
  for (const input of ['a,,x\na,,x\u0001\n', 'a,,x\u0001\na,,x\n', 'a,,x\u0001\na,,x\u0002\n']) {
    expect(transform(HEADER + input, planOf(), { hash: collide }).rows).toHaveLength(2);
  }
});

test('a hash never drops a record: with all hashes equal the result is the same', () => {
  const constant: RecordHash = (_hashes, _columns, lanes, at) => lanes.fill(7, at, at + 4);
  const records = fc.array(
    fc.tuple(fc.constantFrom('a', 'b', 'ab', ''), fc.constantFrom('', '1987-03-09', '3/9/1987'), fc.constantFrom('', 'x', 'x,y', '"')),
  );
  fc.assert(
    fc.property(records, fc.integer({ min: 1, max: 5 }), (fields, batchRecords) => {
      const input = HEADER + fields.map((record) => `${record.map(quoted).join(',')}\n`).join('');
      const honest = transform(input, planOf(), { batchRecords });
      expect(transform(input, planOf(), { batchRecords, hash: constant })).toEqual(honest);
    }),
    { numRuns: 60 },
  );
});

test('rows are the different records in order of the input, whatever bytes they hold', () => {
  const plan = planOf({ standardize_fields: false });
  const value = fc.string({ unit: fc.constantFrom('a', 'é', '🦷', ',', '"', '\n', '\r', ' ', 'b'), maxLength: 6 });
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value, value), { maxLength: 30 }), (records) => {
      const { rows, duplicates } = transform(HEADER + records.map((record) => `${record.map(quoted).join(',')}\n`).join(''), plan);
      const expected = [...new Map([...records].reverse().map((record) => [JSON.stringify(record), record])).values()];
      expect(
        told(rows, plan)
          .map((row) => JSON.stringify(row.slice(0, 3).map((text) => text ?? '')))
          .sort(),
      ).toEqual(expected.map((record) => JSON.stringify(record)).sort());
      expect(told(rows, plan).map((row) => Number(row[3]))).toEqual(
        [...told(rows, plan).map((row) => Number(row[3]))].sort((a, b) => a - b),
      );
      expect(rows.length + duplicates.length).toBe(records.length);
    }),
    { numRuns: 150 },
  );
});

test('cut anywhere, any bytes leave the same artifacts, and every record is accounted for', () => {
  const piece = fc.constantFrom(
    'a',
    'b1',
    ',',
    ',',
    ',',
    '\n',
    '\n',
    '\r\n',
    '"',
    '""',
    '3/9/1987',
    '\u0001',
    'é',
    ' ',
    'a,,x\n',
    'a,1987-03-09,x\n',
  );
  const bytes = fc.array(
    fc.oneof({ weight: 20, arbitrary: piece.map((text) => Buffer.from(text)) }, { weight: 1, arbitrary: fc.constant(Buffer.from([0xff])) }),
    { maxLength: 120 },
  );
  fc.assert(
    fc.property(bytes, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), (pieces, step, batchRecords) => {
      const input = Buffer.concat([Buffer.from(HEADER), ...pieces]);
      const plan = planOf({}, { required: ['patient_id'] });
      const whole = transform(input, plan, { batchRecords: 1000 });
      expect(transform(input, plan, { step, batchRecords })).toEqual(whole);
      const { recordsIn, recordsOut, recordsQuarantined, recordsMerged } = whole.result.ledger;
      expect([whole.rows.length, whole.quarantine.length, whole.duplicates.length]).toEqual([
        recordsOut,
        recordsQuarantined,
        recordsMerged,
      ]);
      expect(recordsIn).toBe(recordsOut + recordsQuarantined + recordsMerged);
    }),
    { numRuns: 200 },
  );
});

test('quarantined bytes that are no text are kept in base64, long ones are cut at 4 KiB, and equal ones are never merged', () => {
  const long = `${'é'.repeat(3000)},a\n`;
  const { quarantine, findings, duplicates, rows } = transform(
    Buffer.concat([Buffer.from(HEADER), Buffer.from('\xff,,\n', 'latin1'), Buffer.from('\xff,,\n', 'latin1'), Buffer.from(long)]),
  );
  expect(rows).toEqual([]);
  expect(duplicates).toEqual([]);
  expect(quarantine.map(({ code, raw, raw_base64, member }) => ({ code, raw, raw_base64, member }))).toEqual([
    { code: 'text.invalid_encoding', raw: undefined, raw_base64: Buffer.from('\xff,,\n', 'latin1').toString('base64'), member: '' },
    { code: 'text.invalid_encoding', raw: undefined, raw_base64: Buffer.from('\xff,,\n', 'latin1').toString('base64'), member: '' },
    { code: 'csv.field_count', raw: 'é'.repeat(2048), raw_base64: undefined, member: '' },
  ]);
  expect(quarantine[2]).toMatchObject({ byte_offset: 21, byte_length: Buffer.byteLength(long), record: 3, line: 4 });
  expect(findings.map(({ code, value }) => [code, value])).toEqual([
    ['text.invalid_encoding', null],
    ['text.invalid_encoding', null],
    ['csv.field_count', null],
  ]);
});

test('more quarantined records than the plan allows end the job, with everything written and the counts told', () => {
  const input = `${HEADER}a,,\nb,,,\n`;
  expect(transform(input, planOf({}, { quarantine_limit: 0.5 })).result.failure).toBeUndefined();
  const over = transform(input, planOf({}, { quarantine_limit: 0.49 }));
  expect(over.result.failure).toEqual({
    code: 'quarantine.limit',
    detail: '1 of 2 records were quarantined; the plan allows a share of 0.49',
  });
  expect(over.rows).toHaveLength(1);
});

test('findings of the plan come first, and a file without records says so', () => {
  const unsure = { member: '', code: 'mapping.unsure', severity: 'warning', column: 2, field: 'source.note' } as const;
  const { findings, result } = transform(HEADER, planOf(), { planFindings: [unsure] });
  expect(findings).toEqual([
    {
      member: '',
      record: null,
      line: null,
      byte_offset: null,
      column: 2,
      field: 'source.note',
      code: 'mapping.unsure',
      severity: 'warning',
      value: null,
    },
    {
      member: '',
      record: null,
      line: null,
      byte_offset: null,
      column: null,
      field: null,
      code: 'dataset.empty',
      severity: 'warning',
      value: null,
    },
  ]);
  expect(result.findings).toEqual({ every: 1000, offsets: [0], records: 2 });
});

test('bytes or records that do not add up fail the stage as a fault of ours', () => {
  const nowhere = { write: (): void => {}, read: (): number => 0 };
  const pass = new TransformPass(planOf(), person, {
    part: nowhere,
    findings: nowhere,
    quarantine: nowhere,
    duplicates: nowhere,
    readInput: () => 0,
  });
  const account = {
    header: 13,
    accepted: 0,
    quarantined: 0,
    blank: 0,
    comment: 0,
    recordsAccepted: 0,
    recordsQuarantined: 0,
    blankLines: 0,
  };
  expect(() => pass.finish(account, 14)).toThrow('engine.failed');
  expect(() => pass.finish({ ...account, recordsAccepted: 1 }, 13)).toThrow('engine.failed');
});

function quoted(value: string): string {
  return `"${value.replaceAll('"', '""')}"`;
}
