import { Buffer } from 'node:buffer';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FINDING_KINDS, type Kernel, type Reading, type Standardizer } from '@attune/core';
import { z } from 'zod';
import { CLEAN_CONTROLS, CLEAN_VALUE, Cleaner } from './clean/cleaner.js';
import { DEFAULT_NULL_TOKENS } from './clean/null-tokens.js';
import { changedExamples, hostileValues, randomNumbers } from './hostile-values.fixture.js';
import { standardizers } from './registry.js';

/** Half of them are the same for all standardizers, half are near the examples of the one. `TEST_FULL=1` takes as many as were promised. */
const VALUES = process.env['TEST_FULL'] === '1' ? 100_000 : 5_000;
const VALUES_PER_FURTHER_OPTION = Math.min(6_000, VALUES / 2);
const GUARD = 0xa5;
/** Calls in one round of the measurement of memory. */
const CALLS = 2_000;

/** The options under which a standardizer reads its own output, beside its own; absent where they are the same. */
const REREAD: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  money: { unit: 'cents' },
  percent: { unmarked: 'percent' },
  'marital-status': { codes: 'v3' },
};

/** The default options, and each other choice that the schema offers. */
function choicesOf({ options }: Standardizer): unknown[] {
  if (!(options instanceof z.ZodObject)) throw new Error('Options are an object.');
  const shape = options.shape as Record<string, unknown>;
  const further = Object.entries(shape).flatMap(([key, schema]) =>
    schema instanceof z.ZodDefault && schema.unwrap() instanceof z.ZodEnum
      ? (schema.unwrap() as z.ZodEnum).options.filter((choice) => choice !== options.parse({})[key]).map((choice) => ({ [key]: choice }))
      : [],
  );
  return [options.parse({}), ...further.map((choice) => options.parse(choice))];
}

/** Puts values between changing neighbours, calls a kernel, and looks at every byte it may not touch. */
class Bench {
  readonly #left = Buffer.alloc(1 << 13);
  readonly #right = Buffer.alloc(1 << 13);
  readonly out = Buffer.alloc(1 << 14, GUARD);
  readonly at = 24;
  #furthest = 0;

  constructor(readonly kernel: Kernel) {
    const random = randomNumbers(7);
    for (let i = 0; i < this.#left.length; i++) this.#left[i] = random(256);
    this.#right.fill('1234,a.E-)');
  }

  /** The kernel's result; throws when neighbours change it, or when it writes outside its room. */
  run(value: Uint8Array): number {
    const start = 17 + (value.length % 5);
    const end = start + value.length;
    const first = this.#runIn(this.#left, value, start, end);
    const canonical = first < 0 ? '' : this.out.toString('latin1', this.at, first);
    const second = this.#runIn(this.#right, value, start + 1, end + 1);
    if (second !== first || (first >= 0 && this.out.toString('latin1', this.at, second) !== canonical))
      throw new Error('A neighbour changed the result.');
    return first;
  }

  #runIn(buf: Buffer, value: Uint8Array, start: number, end: number): number {
    const spare = Buffer.from(buf.subarray(start, end));
    buf.set(value, start);
    const room = this.at + 2 * value.length + 64;
    this.out.fill(GUARD, room, room + 32);
    this.#furthest = Math.max(this.#furthest, room + 32);
    const stop = this.kernel(buf, start, end, this.out, this.at);
    for (let i = 0; i < this.at; i++) if (this.out[i] !== GUARD) throw new Error('Written before the place given.');
    for (let i = room; i < room + 32; i++) if (this.out[i] !== GUARD) throw new Error('Written beyond the room given.');
    if (stop > room || (stop >= 0 && stop < this.at)) throw new Error('The end lies outside the room.');
    if (Buffer.compare(buf.subarray(start, end), value) !== 0) throw new Error('The value itself was changed.');
    spare.copy(buf, start);
    return stop;
  }

  /** Throws when any call has written far beyond its room, where the single calls do not look. */
  conclude(): void {
    if (!this.out.subarray(this.#furthest).every((byte) => byte === GUARD)) throw new Error('Written far beyond the room given.');
  }

  reading(value: Uint8Array, { findings }: Standardizer): Reading {
    const stop = this.run(value);
    return stop < 0 ? { finding: findings[-1 - stop]! } : { value: this.out.toString('utf8', this.at, stop) };
  }
}

/** One clean value as production would have it, or undefined when nothing is left to standardize. */
function cleaned(cleaner: Cleaner, value: Uint8Array): Buffer | undefined {
  const result = cleaner.clean(value, 0, value.length);
  if (result !== CLEAN_VALUE && result !== CLEAN_CONTROLS) return undefined;
  return Buffer.from(cleaner.buf.subarray(cleaner.start, cleaner.end));
}

function sameReading(a: Reading, b: Reading): boolean {
  return 'value' in a ? 'value' in b && a.value === b.value : 'finding' in b && a.finding === b.finding;
}

/** Values with all bytes as production would give them to a kernel. */
interface Values {
  readonly bytes: readonly Buffer[];
  readonly texts: readonly string[];
}

/** The first `count` values that are left when they are cleaned. */
function cleanValues(values: Iterable<Uint8Array>, count: number): Values {
  const cleaner = new Cleaner(DEFAULT_NULL_TOKENS);
  const bytes: Buffer[] = [];
  for (const received of values) {
    const value = cleaned(cleaner, received);
    if (value) bytes.push(value);
    if (bytes.length === count) break;
  }
  return { bytes, texts: bytes.map((value) => value.toString('utf8')) };
}

const shared = cleanValues(hostileValues(1), VALUES / 2);

/** Compares kernel and reference on the first `count` values, and both with themselves on their own output. Returns how many were accepted. */
function compare(standardizer: Standardizer, options: unknown, { bytes, texts }: Values, count = bytes.length): number {
  const bench = new Bench(standardizer.kernel(options));
  const again = { ...(options as object), ...REREAD[standardizer.name] };
  const benchAgain = new Bench(standardizer.kernel(again));
  let accepted = 0;
  for (let i = 0; i < count; i++) {
    const text = texts[i]!;
    const byKernel = bench.reading(bytes[i]!, standardizer);
    const byReference = standardizer.reference(text, options);
    if (!sameReading(byKernel, byReference)) throw new Error(JSON.stringify({ text, options, byKernel, byReference }));
    if (!('value' in byKernel)) continue;
    accepted++;
    const canonical = bench.out.subarray(bench.at, bench.at + Buffer.byteLength(byKernel.value));
    if (!Buffer.from(byKernel.value).equals(canonical) || byKernel.value === '')
      throw new Error(`No UTF-8, or empty: ${JSON.stringify(text)}`);
    if (/[\u0000-\u001f\u007f-\u009f]/.test(byKernel.value)) throw new Error(`A control character in ${JSON.stringify(byKernel)}`);
    const twice = benchAgain.reading(Buffer.from(canonical), standardizer);
    if (!sameReading(twice, byKernel)) throw new Error(`Not stable: ${JSON.stringify({ text, options, byKernel, twice })}`);
    if (!sameReading(standardizer.reference(byKernel.value, again), byKernel))
      throw new Error(`Reference not stable: ${JSON.stringify({ text, byKernel })}`);
  }
  bench.conclude();
  return accepted;
}

test('every folder of a standardizer is in the registry, under its own name, once', () => {
  const folders = readdirSync(__dirname, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && readdirSync(join(__dirname, entry.name)).includes(`${entry.name}.ts`))
    .map((entry) => entry.name);
  expect(standardizers.map(({ name }) => name)).toEqual(folders.sort());
});

describe.each(standardizers.map((standardizer) => [standardizer.name, standardizer] as const))('%s', (name, standardizer) => {
  const seed = [...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 1) >>> 0;

  test('its codes are findings of Attune, and each is shown by an example', () => {
    for (const code of standardizer.findings) expect(Object.keys(FINDING_KINDS)).toContain(code);
    const shown = standardizer.examples.flatMap(([, canonical]) =>
      typeof canonical === 'object' && 'finding' in canonical ? [canonical.finding] : [],
    );
    expect([...new Set(shown)].sort()).toEqual([...standardizer.findings].sort());
  });

  test.each(standardizer.examples)('its example %j is true of kernel and reference', (received, canonical) => {
    const expected = typeof canonical === 'string' ? { value: canonical } : canonical;
    const options = standardizer.options.parse({});
    const value = cleaned(new Cleaner([]), Buffer.from(received))!;
    expect(new Bench(standardizer.kernel(options)).reading(value, standardizer)).toEqual(expected);
    expect(standardizer.reference(value.toString('utf8'), options)).toEqual(expected);
  });

  test('kernel and reference agree, stay stable, and keep to their bytes on hostile values', () => {
    const [plain, ...further] = choicesOf(standardizer);
    const examples = standardizer.examples.map(([received]) => received);
    const near = cleanValues(changedExamples(seed, examples), VALUES / 2);
    expect(near.bytes.length + shared.bytes.length).toBe(VALUES);
    const accepted = compare(standardizer, plain, shared) + compare(standardizer, plain, near);
    expect(accepted).toBeGreaterThan(VALUES / 100);
    if (standardizer.findings.length > 0) expect(VALUES - accepted).toBeGreaterThan(VALUES / 1000);
    for (const options of further) {
      compare(standardizer, options, shared, VALUES_PER_FURTHER_OPTION / 2);
      compare(standardizer, options, near, VALUES_PER_FURTHER_OPTION / 2);
    }
  });

  test('a kernel allocates nothing per value', () => {
    const kernel = standardizer.kernel(standardizer.options.parse({}));
    const examples = standardizer.examples.map(([received]) => Buffer.from(received));
    const out = Buffer.alloc(1 << 12);
    const grownBy = Array.from({ length: 40 }, () => {
      const before = process.memoryUsage().heapUsed;
      for (let i = 0; i < CALLS; i++) {
        const value = examples[i % examples.length]!;
        kernel(value, 0, value.length, out, 0);
      }
      return process.memoryUsage().heapUsed - before;
    });
    // The first rounds are those of a kernel that is not compiled yet, and in a few garbage is collected: the middle one tells.
    const settled = grownBy.slice(10).sort((a, b) => a - b);
    // An object or a string takes 16 bytes at least.
    expect(settled[settled.length / 2]! / CALLS).toBeLessThan(8);
  });

  test('any bytes at all, even no UTF-8 and not cleaned, neither throw nor write outside', () => {
    const random = randomNumbers(seed);
    for (const options of choicesOf(standardizer)) {
      const bench = new Bench(standardizer.kernel(options));
      for (let i = 0; i < 5_000; i++) {
        const example = Buffer.from(standardizer.examples[random(standardizer.examples.length)]![0]);
        const value = i % 2 === 0 ? Buffer.alloc(random(24)) : example.subarray(0, random(example.length + 1));
        for (let k = i % 2 === 0 ? value.length : Math.min(1, value.length); k > 0; k--) value[random(value.length)] = random(256);
        bench.run(value);
      }
      bench.conclude();
    }
  });
});
