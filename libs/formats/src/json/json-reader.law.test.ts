import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { openReader } from '../text/open-reader.js';
import type { TextPlan } from '../text/record-reader.js';
import { parseShape } from './leaf-paths.js';
import { pathName, pathSteps, type PathStep } from './path.js';

const RUNS = 400;
const COLUMNS = ['a', 'b.c', 'b.a', 'c[0]', 'c[1].a', '["a.b"]', 'd'];

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

const key = fc.constantFrom('a', 'b', 'c', 'd', 'a.b', 'z', '_other', '', 'é"\\');
const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'grapheme', maxLength: 6 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 5 }),
  ),
}));
const object = fc.dictionary(key, value, { maxKeys: 6 });

const plan = (records: 'lines' | 'array' | 'object'): TextPlan => ({
  format: 'json',
  dialect: { delimiter: 0, quote: 0, header: false, bom: 0 },
  encoding: 'utf-8',
  layout: null,
  comments: null,
  trailers: null,
  json: { records, path: [] },
  columns: [...COLUMNS, '_other'].map((name, ordinal) => ({ ordinal, name })),
});

/** The reader written to be read: a column's value is what lies at its path; the rest is listed under the shortest path that leads off. */
function oracle(record: { [key: string]: Json }): (string | null)[] {
  const paths = COLUMNS.map(pathSteps);
  const values: (string | null)[] = COLUMNS.map(() => null);
  const others: [string, Json][] = [];
  const isNothing = (one: Json): boolean => one === null || (typeof one === 'object' && Object.keys(one).length === 0);
  const visit = (one: Json, at: readonly PathStep[]): void => {
    if (isNothing(one)) return;
    const column = paths.findIndex((path) => path.length === at.length && path.every((step, i) => step === at[i]));
    const inner = Array.isArray(one)
      ? one.map((element, i) => [i, element] as const)
      : typeof one === 'object' && one !== null
        ? Object.entries(one)
        : [];
    const leads = paths.some((path) => path.length > at.length && at.every((step, i) => step === path[i]));
    const known = Array.isArray(one)
      ? leads || column >= 0
      : paths.some((path) => typeof path[at.length] === 'string' && at.every((step, i) => step === path[i]));
    if (inner.length > 0 && known) for (const [step, element] of inner) visit(element, [...at, step]);
    else if (column >= 0 && inner.length === 0) values[column] = typeof one === 'string' ? one : JSON.stringify(one);
    else others.push([pathName(at), one]);
  };
  visit(record, []);
  return [...values, others.length === 0 ? null : JSON.stringify(Object.fromEntries(others))];
}

function read(text: string, how: TextPlan): { fields: (string | null)[][]; codes: string[] } {
  const buf = Uint8Array.from(Buffer.from(text));
  const reader = openReader(how, COLUMNS.length + 1, {});
  expect(reader.read(buf, 0, buf.length, true)).toBe(buf.length);
  const { batch, rejected } = reader;
  const fields = Array.from({ length: batch.n }, (_, r) =>
    Array.from({ length: batch.width }, (_, c) => {
      const cell = r * batch.width + c;
      return batch.starts[cell]! < 0 ? null : Buffer.from(batch.buf.subarray(batch.starts[cell], batch.ends[cell])).toString('utf8');
    }),
  );
  return { fields, codes: rejected.map(({ code }) => code) };
}

/** The order of integer-like keys is the engine's, not the text's: compared as values. */
const comparable = (fields: (string | null)[]): unknown[] => [...fields.slice(0, -1), JSON.parse(fields.at(-1) ?? 'null')];

test('what JSON.parse finds at the path of a column is its value, and what lies elsewhere is in the last column', () => {
  fc.assert(
    fc.property(fc.array(object, { minLength: 1, maxLength: 4 }), fc.nat(2), (records, form) => {
      const texts = records.map((one) => JSON.stringify(one, null, form === 2 ? 2 : 0));
      const text = [texts.join('\n'), `[${texts.join(',\n')}]`, texts.join('')][form]!;
      const { fields, codes } = read(text, plan((['lines', 'array', 'object'] as const)[form]!));
      expect(codes).toEqual([]);
      expect(fields.map(comparable)).toEqual(records.map((one) => comparable(oracle(one))));
    }),
    { numRuns: RUNS },
  );
});

test('a line is a record where JSON.parse reads an object of it, and is set aside where it does not', () => {
  const bit = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '\\',
    '\\u00e9',
    '1',
    '-',
    '0',
    '.',
    'e',
    'true',
    'null',
    ' ',
    'a',
    '\t',
    'NaN',
  );
  const broken = fc.tuple(object, fc.nat(), fc.nat(3), fc.array(bit, { maxLength: 2 })).map(([one, at, cut, bits]) => {
    const text = JSON.stringify(one);
    const place = at % (text.length + 1);
    return text.slice(0, place) + bits.join('') + text.slice(place + cut);
  });
  fc.assert(
    fc.property(broken, (line) => {
      const { fields, codes } = read(`${line}\n{"a":1}\n`, plan('lines'));
      const sound = isSound(line);
      if (sound !== undefined)
        expect([line, fields.length, codes]).toEqual([line, sound ? 2 : 1, sound || line.trim() === '' ? [] : [expect.anything()]]);
      expect(fields.at(-1)![0]).toBe('1');
    }),
    { numRuns: 4 * RUNS },
  );
});

/** Undefined where JSON.parse is more lenient than the reader: keys that an object has twice, and halves of surrogate pairs. */
function isSound(line: string): boolean | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return false;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return false;
  const keys = (line.match(/"(?:[^"\\]|\\.)*"\s*:/g) ?? []).length;
  const count = (one: unknown): number =>
    one instanceof Map
      ? [...one.values()].reduce<number>((sum, inner) => sum + 1 + count(inner), 0)
      : Array.isArray(one)
        ? one.reduce<number>((sum, inner) => sum + count(inner), 0)
        : 0;
  return count(parseShape(line)) === keys && !/\\ud[89a-f]/i.test(line) ? true : undefined;
}

test('the name of a path says all of its steps', () => {
  const step = fc.oneof(fc.nat(20), fc.string({ maxLength: 5 }), key);
  fc.assert(
    fc.property(fc.string({ maxLength: 4 }), fc.array(step, { maxLength: 4 }), (first, rest) => {
      const steps = [first, ...rest];
      expect(pathSteps(pathName(steps))).toEqual(steps);
    }),
    { numRuns: RUNS },
  );
});
