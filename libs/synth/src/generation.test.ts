import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { FAULTS, type Fault, Generation, type GenerationRequest, generators, type Planted } from './index.js';
import { faultIn, readCsv, readNdjson } from './reading.fixture.js';

const [members] = generators;

function make(request: GenerationRequest): { bytes: Buffer; planted: Planted[]; generation: Generation } {
  const generation = new Generation(members!, request);
  const chunks = [...generation];
  return { bytes: Buffer.concat(chunks.map(({ bytes }) => bytes)), planted: chunks.flatMap(({ planted }) => planted), generation };
}

const anyRequest = fc.record({
  records: fc.integer({ min: 1, max: 120 }),
  seed: fc.integer({ min: 0, max: 0xffff_ffff }),
  format: fc.constantFrom('csv' as const, 'ndjson' as const),
  includeAddress: fc.boolean(),
  hostileShare: fc.constantFrom(0, 0.01, 0.5, 1),
  duplicateShare: fc.constantFrom(0, 0.045, 0.5),
});

/** The request in so many pieces; a piece of no records is left out, because at 0 it is a header. */
function pieces(request: GenerationRequest, count: number): GenerationRequest[] {
  return Array.from({ length: count }, (_, index) => {
    const from = Math.floor((request.records * index) / count);
    return { ...request, from, records: Math.floor((request.records * (index + 1)) / count) - from };
  }).filter(({ records }) => records > 0);
}

test('a range of records is the same bytes and the same truth, however it is cut', () => {
  fc.assert(
    fc.property(anyRequest, fc.integer({ min: 1, max: 40 }), (request, count) => {
      const whole = make(request);
      const parts = pieces(request, count).map(make);
      expect(Buffer.concat(parts.map(({ bytes }) => bytes)).equals(whole.bytes)).toBe(true);
      expect(parts.flatMap(({ planted }) => planted)).toEqual(whole.planted);
    }),
  );
});

test('1, 4 and 16 shards of more records than a chunk holds are the same bytes', () => {
  const request = { records: 15_000, seed: 11, format: 'csv', hostileShare: 0.01 } as const;
  const hashes = [1, 4, 16].map((count) => {
    const hash = createHash('sha256');
    for (const piece of pieces(request, count)) for (const { bytes } of new Generation(members!, piece)) hash.update(bytes);
    return hash.digest('hex');
  });
  expect(new Set(hashes).size).toBe(1);
});

test('the sample in the repository is what its command makes', () => {
  const kept = readFileSync(path.join(__dirname, '../../../samples/members.csv'));
  expect(make({ records: 10_000, seed: 7, format: 'csv', hostileShare: 0.003 }).bytes.equals(kept)).toBe(true);
});

/** The first chunks of two generations that are under way at the same time. */
function interleaved(...requests: GenerationRequest[]): Buffer[] {
  const readers = requests.map((request) => new Generation(members!, request)[Symbol.iterator]());
  return readers.map((reader) => {
    const { done, value } = reader.next();
    return done === true ? Buffer.alloc(0) : Buffer.from(value.bytes);
  });
}

test('the same request gives the same bytes, also beside another one, and another seed gives others', () => {
  fc.assert(
    fc.property(anyRequest, fc.integer({ min: 1, max: 0xffff }), (request, other) => {
      const others = { ...request, seed: (request.seed + other) % 0x1_0000_0000 };
      const { bytes } = make(request);
      const beside = interleaved(request, others);
      expect(beside[0]!.equals(bytes)).toBe(true);
      expect(beside[1]!.equals(bytes)).toBe(false);
    }),
  );
});

test('n records begin with n - 1 records', () => {
  fc.assert(
    fc.property(anyRequest, (request) => {
      const fewer = make({ ...request, records: request.records - 1 }).bytes;
      expect(make(request).bytes.subarray(0, fewer.length).equals(fewer)).toBe(true);
    }),
  );
});

test('what the truth says of repeated records is what stands in the bytes', () => {
  const { bytes, generation, planted } = make({ records: 8000, seed: 3, format: 'csv', duplicateShare: 0.2 });
  const records = readCsv(bytes);
  const firstOf = new Map<string, string[]>();
  const repeats = { originals: 0, duplicates: 0, padded: 0 };
  const found = records.flatMap((values, index) => {
    const original = firstOf.get(values[0]!);
    if (original === undefined) {
      firstOf.set(values[0]!, values);
      repeats.originals += 1;
      return [];
    }
    const same = values.join('\0') === original.join('\0');
    expect(values.map((value) => value.trim())).toEqual(original.map((value) => value.trim()));
    repeats[same ? 'duplicates' : 'padded'] += 1;
    return [{ ordinal: index + 1, kind: same ? 'duplicate' : 'padded', original: records.indexOf(original) + 1 }];
  });
  expect(records).toHaveLength(8000);
  expect(generation.counts).toMatchObject({ records: 8000, ...repeats });
  expect(planted).toEqual(found);
  expect((repeats.duplicates + repeats.padded) / 8000).toBeCloseTo(0.2, 1);
});

test.each(['csv', 'ndjson'] as const)('every fault of the truth is in its record, and in no other, of %s', (format) => {
  for (const includeAddress of [true, false]) {
    const request = { records: 600, seed: 21, format, hostileShare: 0.3, includeAddress } as const;
    const { generation, planted } = make(request);
    const found = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Record<Fault, number>;
    const hostile = new Map(planted.flatMap((truth) => (truth.kind === 'hostile' ? [[truth.ordinal, truth.fault] as const] : [])));
    for (let i = 1; i < request.records; i++) {
      const fault = faultIn(make({ ...request, from: i, records: 1 }).bytes, format, includeAddress ? 20 : 16);
      expect([i, fault]).toEqual([i, hostile.get(i + 1)]);
      if (fault !== undefined) found[fault] += 1;
    }
    const ofFirst = hostile.get(1);
    if (ofFirst !== undefined) found[ofFirst] += 1;
    expect(generation.counts.faults).toEqual(found);
    expect(Math.min(...Object.values(found))).toBeGreaterThan(0);
    const { originals, duplicates, padded, records } = generation.counts;
    expect([originals + duplicates + padded + hostile.size, planted.length]).toEqual([records, duplicates + padded + hostile.size]);
  }
});

test('without addresses four columns are missing and nothing else changes', () => {
  const request = { records: 500, seed: 8, format: 'csv' } as const;
  const withAll = make(request).bytes;
  const without = make({ ...request, includeAddress: false }).bytes;
  const header = (bytes: Buffer): string[] => bytes.toString().split('\n')[0]!.split(',');
  const kept = header(withAll).flatMap((name, column) => (['address', 'city', 'state', 'zip'].includes(name) ? [] : [column]));
  expect(header(without)).toEqual(kept.map((column) => header(withAll)[column]));
  expect(header(without)).toHaveLength(16);
  expect(readCsv(without)).toEqual(readCsv(withAll).map((values) => kept.map((column) => values[column])));
});

test('CSV and NDJSON hold the same values under the same names', () => {
  const request = { records: 3000, seed: 5, includeAddress: true } as const;
  const objects = readNdjson(make({ ...request, format: 'ndjson' }).bytes);
  expect(objects.map((object) => Object.values(object))).toEqual(readCsv(make({ ...request, format: 'csv' }).bytes));
  expect(Object.keys(objects[0]!)).toEqual(members!.columns);
});

test('nobody in it can be reached or mistaken for somebody: numbers and domains are of the ranges that are kept free', () => {
  for (const member of readNdjson(make({ records: 5000, seed: 17, format: 'ndjson' }).bytes)) {
    const phone = member['phone']!.replace(/\D/g, '');
    if (phone.length >= 7 && phone !== '0000000000') expect(phone).toMatch(/55501\d\d/);
    if (/\d{9}/.test(member['ssn']!.replaceAll('-', ''))) expect(member['ssn']).toMatch(/^(9|000-00-0000)/);
    if (/\d/.test(member['pcp_npi']!)) expect(member['pcp_npi']).toMatch(/^2\d{9}$/);
    if (member['email']!.includes('.')) expect(member['email']).toMatch(/(@| at )example(\.(com|org|net))?$|@$|^[^@]+$/i);
  }
});

test.each([
  [{ records: -1 }, 'number of records'],
  [{ records: 1.5 }, 'number of records'],
  [{ from: -1 }, 'first record'],
  [{ seed: 0x1_0000_0000 }, 'seed'],
  [{ seed: Number.NaN }, 'seed'],
  [{ hostileShare: 1.1 }, 'hostile'],
  [{ duplicateShare: 0.6 }, 'duplicates'],
])('%j is refused', (wrong, message) => {
  const request: GenerationRequest = { records: 1, seed: 1, format: 'csv', ...wrong };
  expect(() => new Generation(members!, request)).toThrow(message);
});
