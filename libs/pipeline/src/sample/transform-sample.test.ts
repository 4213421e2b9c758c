import { FINDING_KINDS, findEntity, type FindingCode, type Plan } from '@attune/core';
import fc from 'fast-check';
import { planOver } from '../transform/mapping-plan.fixture.js';
import { partColumns } from '../transform/part-columns.js';
import { transformText } from '../transform/transform-text.fixture.js';
import type { SampledRecord, SampleOptions, SamplePosition } from './record-sample.js';
import { SAMPLE_START, transformSample } from './transform-sample.js';

const person = findEntity('person')!;
const UNLIMITED = { records: Infinity, values: Infinity, bytes: Infinity };
const HEADER = 'id,born,name,note\n';

const planOf = (options: Partial<Plan['options']> = {}): Plan =>
  planOver(
    ['id', 'born', 'name', 'note'],
    [
      { field: 'patient_id', from: ['id'], standardizer: 'identifier' },
      { field: 'birth_date', from: ['born'], standardizer: 'date', options: { order: 'mdy' } },
      { field: 'last_name', from: ['name'], part: { separator: ',', at: 0 }, standardizer: 'person-name' },
      { field: 'address', from: ['name', 'note'], join: '/' },
      { field: 'country', from: [], constant: 'US' },
    ],
    options,
    { required: ['patient_id'] },
  );

function sample(input: string, options: Partial<SampleOptions> = {}, plan = planOf(), from: SamplePosition = SAMPLE_START) {
  const bytes = Buffer.from(input).subarray(from.byteOffset);
  return transformSample({ plan, entity: person, bytes: Buffer.from(bytes), last: true, from, limits: UNLIMITED, ...options });
}

test('every value stands beside what was received for it, and a record that is set aside says why', () => {
  const { records, next } = sample(`${HEADER}1, 3/9/1987,"okafor,ada",x\n,2/30/1987,,\n2,bad\n3,2/30/1987,,y\u0001\n`);
  expect(next).toBeUndefined();
  expect(records.map(({ record, line, byte_offset, status, code }) => [record, line, byte_offset, status, code])).toEqual([
    [1, 2, 18, 'out', undefined],
    [2, 3, 45, 'quarantined', 'field.required'],
    [3, 4, 58, 'quarantined', 'csv.field_count'],
    [4, 5, 64, 'out', undefined],
  ]);
  expect(records[0]!.values).toEqual([
    { field: 'patient_id', columns: [0], received: '1', canonical: '1' },
    { field: 'last_name', columns: [2], received: 'okafor,ada', canonical: 'Okafor' },
    { field: 'birth_date', columns: [1], received: ' 3/9/1987', canonical: '1987-03-09' },
    { field: 'address', columns: [2, 3], received: 'okafor,ada/x', canonical: 'okafor,ada/x' },
    { field: 'country', columns: [], received: null, canonical: 'US' },
  ]);
  expect(records[2]!.values).toEqual([]);
  expect(records[3]!.values.filter(({ finding }) => finding)).toEqual([
    { field: 'birth_date', columns: [1], received: '2/30/1987', canonical: null, finding: 'date.invalid' },
    { field: 'address', columns: [2, 3], received: 'y\u0001', canonical: 'y', finding: 'text.control_character' },
  ]);
});

test('of changes only those of records that stay are told, and constants are none', () => {
  const { records } = sample(`${HEADER}1,3/9/1987,,x\n,3/9/1987,,x\n2,1987-03-09,,x\nbad\n`, { changedOnly: true });
  expect(records).toEqual([
    {
      record: 1,
      line: 2,
      byte_offset: 18,
      status: 'out',
      values: [{ field: 'birth_date', columns: [1], received: '3/9/1987', canonical: '1987-03-09' }],
    },
  ]);
});

const cell = fc.oneof(
  fc.constantFrom('', ' ', 'n/a', 'a1', '3/9/1987', '2/30/1987', 'x\u0001', '\u0001', 'okafor,ada', 'é "q"', 'A,', '1987-03-09'),
  fc.string({ maxLength: 4 }),
);
const broken = fc.constantFrom('a,b\n', '\n', '"open,x\n', 'a,"b"c,d,e\n', '\r\n');
const record = fc.tuple(cell, cell, cell, cell).map((cells) => `${cells.map((text) => `"${text.replaceAll('"', '""')}"`).join(',')}\n`);
const lines = fc.array(fc.oneof({ weight: 8, arbitrary: record }, { weight: 1, arbitrary: broken }), { maxLength: 12 });
const options = fc.record({ standardize_fields: fc.boolean(), validate_schema: fc.boolean() });

const flat = (records: readonly SampledRecord[]) =>
  records.flatMap(({ values, ...place }) => values.map((value) => ({ ...place, ...value })));

test('a sample and the full pass agree on every value, every finding and every record that is set aside', () => {
  fc.assert(
    fc.property(lines, options, (given, flags) => {
      const plan = planOf({ ...flags, remove_duplicates: false });
      const input = HEADER + given.join('');
      const { records } = sample(input, {}, plan);
      const pass = transformText(input, plan);
      const names = partColumns(plan, person).map(({ name }) => name);
      const out = records.filter(({ status }) => status === 'out');
      expect(out.map(({ record, byte_offset, line }) => [record, byte_offset, line].map(String))).toEqual(
        pass.rows.map((row) => row.slice(-3)),
      );
      out.forEach(({ values }, r) => {
        for (const { field, canonical } of values) expect(canonical).toBe(pass.rows[r]![names.indexOf(field)]);
      });
      expect(records.filter(({ status }) => status === 'quarantined').map(({ record, code }) => [record, code])).toEqual(
        pass.quarantine.map(({ record, code }) => [record, code]),
      );
      const found = new Map<string, FindingCode>();
      for (const { record, field, code } of pass.findings as unknown as { record: number; field: string; code: FindingCode }[]) {
        const key = `${record} ${field}`;
        const before = found.get(key);
        if (!before || before === 'text.control_character') found.set(key, code);
      }
      for (const { record, field, finding } of flat(records)) expect(finding).toBe(found.get(`${record} ${field}`));
      for (const code of new Set(flat(records).map(({ finding }) => finding)))
        expect(code === undefined || code in FINDING_KINDS).toBe(true);
    }),
    { numRuns: 120 },
  );
});

test('page by page, from the offset alone, come the same changes as at once, and as many as lineage has counted', () => {
  fc.assert(
    fc.property(lines, options, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 60 }), (given, flags, values, bytes) => {
      const plan = planOf({ ...flags, remove_duplicates: true });
      const input = HEADER + given.join('');
      const whole = flat(sample(input, { changedOnly: true }, plan).records);
      const paged: typeof whole = [];
      let from: SamplePosition | undefined = SAMPLE_START;
      for (let pages = 0; from !== undefined; pages++) {
        expect(pages).toBeLessThan(200);
        const page = sample(input, { changedOnly: true, limits: { records: Infinity, values, bytes } }, plan, from);
        expect(flat(page.records).length).toBeLessThanOrEqual(values);
        paged.push(...flat(page.records));
        from = page.next;
      }
      expect(paged).toEqual(whole);
      const { fields, carried } = transformText(input, plan).result.lineage;
      expect(whole.length).toBe([...fields, ...carried].reduce((sum, { changed }) => sum + changed, 0));
      for (const { field, changed } of fields) expect(whole.filter((change) => change.field === field)).toHaveLength(changed);
    }),
    { numRuns: 80 },
  );
});

test('a sample ends before the record that is one too many, and takes no cut record', () => {
  const input = `${HEADER}1,,,\n2,,,\n\n3,,,\n`;
  expect(sample(input, { limits: { ...UNLIMITED, records: 2 } })).toMatchObject({
    records: [{ record: 1 }, { record: 2 }],
    next: { record: 3, line: 5, byteOffset: HEADER.length + 11, skip: 0 },
  });
  expect(sample(input, { limits: { ...UNLIMITED, bytes: HEADER.length + 5 } }).next).toMatchObject({ record: 3 });
  const cut = transformSample({ plan: planOf(), entity: person, bytes: Buffer.from(`${HEADER}1,,,\n2,,`), last: false, limits: UNLIMITED });
  expect(cut.records.map(({ record }) => record)).toEqual([1]);
  expect(sample(input, { field: 'patient_id' }).records.map(({ values }) => values.map(({ field }) => field))).toEqual([
    ['patient_id'],
    ['patient_id'],
    ['patient_id'],
  ]);
});

test('long texts are cut at a character, of one column and of several, so that a sample has a bounded size', () => {
  const long = 'é'.repeat(3000);
  const { records } = sample(`${HEADER}1,,"${long}",${long}\n`);
  const told = new Map(records[0]!.values.map(({ field, received, canonical }) => [field, { received, canonical }]));
  expect(told.get('last_name')!.received).toBe('é'.repeat(2048));
  expect(told.get('address')).toEqual({ received: 'é'.repeat(2048), canonical: 'é'.repeat(2048) });
});
