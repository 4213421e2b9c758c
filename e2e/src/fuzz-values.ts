import fc from 'fast-check';
import { openApi } from './contract.js';

type Schema = Record<string, unknown>;

/** Texts that have broken somebody's server before: empty, long, other scripts, control characters, quotes of every language. */
export const TEXTS = [
  '',
  ' ',
  'a',
  'csv',
  'null',
  '-1',
  '0',
  '1e999',
  '9007199254740993',
  'ä€😀',
  '\u0000',
  'a\u0000b',
  '\u202etxt',
  '\ud800',
  "'; DROP TABLE attune.jobs; --",
  '{"$gt":""}',
  '${7*7}{{7*7}}',
  '../../etc/passwd',
  '%00%ff',
  '__proto__',
  'constructor',
  'x'.repeat(3000),
] as const;

export const text: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...TEXTS),
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
);

const anything: fc.Arbitrary<unknown> = fc.oneof(
  text,
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
  fc.constant([]),
  fc.constant({}),
  fc.constantFrom(-1, 2 ** 31, 2 ** 53, 1e300),
);

/** Values that the schema allows, made from the document alone; for what it says by a pattern the examples stand. */
export function valid(schema: Schema, depth = 0): fc.Arbitrary<unknown> {
  if (typeof schema['$ref'] === 'string') return valid(openApi.components.schemas[schema['$ref'].split('/').pop()!]!, depth);
  if ('const' in schema) return fc.constant(schema['const']);
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
  const choices = (schema['anyOf'] ?? schema['oneOf']) as Schema[] | undefined;
  if (choices !== undefined) return fc.oneof(...choices.map((choice) => valid(choice, depth)));
  if (schema['type'] === 'object') return object(schema, depth);
  if (schema['type'] === 'array') {
    const prefix = schema['prefixItems'] as Schema[] | undefined;
    if (prefix !== undefined) return fc.tuple(...prefix.map((item) => valid(item, depth + 1)));
    const [minLength, most] = [Number(schema['minItems'] ?? 0), depth > 2 ? 1 : 3];
    return fc.array(valid((schema['items'] ?? {}) as Schema, depth + 1), { minLength, maxLength: Math.max(minLength, most) });
  }
  if (schema['type'] === 'integer' || schema['type'] === 'number') return number(schema);
  if (schema['type'] === 'boolean') return fc.boolean();
  if (schema['type'] === 'null') return fc.constant(null);
  if (schema['type'] === 'string') return string(schema);
  return anything;
}

function object(schema: Schema, depth: number): fc.Arbitrary<unknown> {
  const members = (schema['properties'] ?? {}) as Record<string, Schema>;
  const required = (schema['required'] ?? []) as string[];
  const made = Object.fromEntries(Object.entries(members).map(([name, member]) => [name, valid(member, depth + 1)]));
  const known = fc.record(made, { requiredKeys: required.filter((name) => name in made) });
  if (typeof schema['additionalProperties'] !== 'object') return known;
  const more = fc.dictionary(fc.constantFrom('a', 'b', 'order'), valid(schema['additionalProperties'] as Schema, depth + 1), {
    maxKeys: 2,
  });
  return fc.tuple(known, more).map(([own, others]) => ({ ...others, ...own }));
}

function number({ minimum = 0, maximum = 1000, type }: { minimum?: number; maximum?: number; type?: string }): fc.Arbitrary<number> {
  const max = Math.min(maximum, minimum + 1000);
  return type === 'integer' ? fc.integer({ min: minimum, max }) : fc.double({ min: minimum, max, noNaN: true });
}

function string({
  format,
  pattern,
  minLength = 0,
  maxLength = 40,
}: Schema & { minLength?: number; maxLength?: number }): fc.Arbitrary<string> {
  if (format === 'date-time') return fc.constantFrom('2026-01-01T00:00:00Z', '1999-12-31T23:59:59.999Z');
  if (pattern !== undefined) return fc.constantFrom('a'.repeat(64), 'person', '0');
  const names = ['patient_id', 'first_name', 'birth_date', 'person', 'date', 'clean', 'a,b', ','].filter(
    (name) => name.length <= maxLength,
  );
  const free = fc.string({ minLength, maxLength: Math.min(maxLength, 40) });
  return names.length === 0 ? free : fc.oneof(fc.constantFrom(...names), free);
}

/** A value that is almost the given one: a member is missing, new, or of another kind. */
export function mutated(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(value, anything, fc.constantFrom('drop', 'add', 'change', 'replace'), fc.nat(20), text)
    .map(([whole, other, how, at, name]) => {
      if (how === 'replace' || whole === null || typeof whole !== 'object') return other;
      const entries: [string, unknown][] = Object.entries(whole);
      const chosen = entries.length === 0 ? -1 : at % entries.length;
      if (how === 'add') entries.push([name, other]);
      else if (how === 'drop') entries.splice(chosen, 1);
      else if (chosen >= 0) entries[chosen] = [entries[chosen]![0], other];
      return Array.isArray(whole) ? entries.map(([, member]) => member) : Object.fromEntries(entries);
    });
}

/** JSON texts around the schema: mostly right, then nearly right, then wrong in every way that a parser can meet. */
export function jsonText(schema: Schema): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 5, arbitrary: valid(schema).map((value) => JSON.stringify(value)) },
    { weight: 5, arbitrary: mutated(valid(schema)).map((value) => JSON.stringify(value) ?? '') },
    { weight: 1, arbitrary: anything.map((value) => JSON.stringify(value)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('', '{', 'nonsense', '[1,]', '{"a":1}{', `${'['.repeat(60)}${']'.repeat(60)}`, '{"__proto__":{"a":1}}'),
    },
  );
}

/** The text as UTF-8 can carry it: a lone surrogate becomes the replacement character. */
export function wellFormed(value: string): string {
  return Buffer.from(value).toString();
}
