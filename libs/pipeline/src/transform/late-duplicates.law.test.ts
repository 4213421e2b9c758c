import fc from 'fast-check';
import { planOver } from './mapping-plan.fixture.js';
import { recordHash, type RecordHash } from './record-hash.js';
import { transformText } from './transform-text.fixture.js';

const HEADER = 'id,born,note\n';
/** Of one table of the set. */
const TABLE_BYTES = 256;

const PLAN = planOver(
  ['id', 'born', 'note'],
  [
    { field: 'patient_id', from: ['id'], standardizer: 'identifier' },
    { field: 'birth_date', from: ['born'], standardizer: 'date' },
  ],
);

const HASHES: Readonly<Record<string, RecordHash>> = {
  honest: recordHash,
  'the same for all': (_hashes, _columns, lanes, at) => lanes.fill(7, at, at + 4),
  'one of four': (hashes, columns, lanes, at) => {
    recordHash(hashes, columns, lanes, at);
    for (let lane = at; lane < at + 4; lane++) lanes[lane] = (lanes[at]! & 3) << 24;
  },
  'in one table': (hashes, columns, lanes, at) => {
    recordHash(hashes, columns, lanes, at);
    lanes[at]! &= 0x00ffffff;
  },
  'in one share': (hashes, columns, lanes, at) => {
    recordHash(hashes, columns, lanes, at);
    lanes[at + 1]! &= 0x00ffffff;
  },
};

const record = fc.oneof(
  fc.constantFrom(
    'a,1/2/1987,x\n',
    'a,1987-01-02,x\n',
    'd,,\u0001\n',
    'd,,\u0002\n',
    'd,,\u0001\r\n',
    'd,,\n',
    'b,,"two\nlines"\r\n',
    'c\n',
  ),
  fc.tuple(fc.nat(40), fc.constantFrom('', '"a,b"', 'é\u0001', 'é\u0002', 'é')).map(([id, note]) => `m${id},,${note}\n`),
);

test('with any budget, a pass leaves what it leaves without one: rows, list of duplicates, index, counts', () => {
  let late = 0;
  fc.assert(
    fc.property(
      fc.array(record, { maxLength: 150, size: 'max' }),
      fc.record({
        batchRecords: fc.integer({ min: 1, max: 9 }),
        step: fc.integer({ min: 1, max: 300 }),
        budgetBytes: fc.nat(12 * TABLE_BYTES),
      }),
      fc.constantFrom(...Object.keys(HASHES)),
      fc.boolean(),
      (records, cuts, hash, remove) => {
        const plan = { ...PLAN, options: { ...PLAN.options, remove_duplicates: remove } };
        const input = HEADER + records.join('');
        const unlimited = transformText(input, plan);
        const onLate = (rows: number): void => void (late += rows);
        expect(transformText(input, plan, { ...cuts, hash: HASHES[hash]!, onLate })).toEqual(unlimited);
      },
    ),
    { numRuns: 250 },
  );
  expect(late).toBeGreaterThan(500);
});

test('late rows that all differ are left where they are: nothing is written anew', () => {
  const input = HEADER + Array.from({ length: 500 }, (_, i) => `m${i},,x\n`).join('');
  const told: [number, boolean][] = [];
  const { rows } = transformText(input, PLAN, { budgetBytes: 16 * TABLE_BYTES, onLate: (...late) => told.push(late) });
  expect(rows).toHaveLength(500);
  expect(told).toEqual([[expect.any(Number), false]]);
  expect(told[0]![0]).toBeGreaterThan(100);
});
