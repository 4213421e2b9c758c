import { FINDING_KINDS, VALUE_SHAPES, type ColumnProfile, type Kernel } from '@attune/core';
import { Cleaner, compileStandardizer, standardizers } from '@attune/standardize';
import { DistinctCounts } from './distinct-count.js';
import { shapeOf } from './value-shape.js';

/** A standardizer tried on every value of the sample. */
interface Probe {
  readonly name: string;
  readonly kernel: Kernel;
  /** Per finding of the kernel: true when the value was understood all the same, such as a placeholder date. */
  readonly understood: readonly boolean[];
}

function probe(name: string, standardizer: string, options: object): Probe {
  const { kernel, findings } = compileStandardizer(standardizer, options);
  return { name, kernel, understood: findings.map((code) => FINDING_KINDS[code].severity !== 'error') };
}

/** These take nearly any text, so that what fits them tells nothing about a column. */
const TAKE_ANY: ReadonlySet<string> = new Set(['text', 'person-name', 'address-line', 'city']);

function probes(): readonly Probe[] {
  return standardizers.flatMap(({ name }) =>
    TAKE_ANY.has(name)
      ? []
      : name === 'date'
        ? [probe('date:mdy', name, { order: 'mdy' }), probe('date:dmy', name, { order: 'dmy' })]
        : [probe(name, name, {})],
  );
}

/** Longer values are counted, not tried: no identifier, date or name is that long. */
const LONGEST_TRIED = 4096;

/** After so many values without one that fits, a standardizer is not tried on the column any more: it is none of its kind. */
const TRIED_IN_VAIN = 250;

/** Counts for all columns of a sample; holds no value. */
export class ColumnTallies {
  records = 0;
  readonly #probes = probes();
  readonly #cleaner: Cleaner;
  readonly #out = new Uint8Array(2 * LONGEST_TRIED + 64);
  readonly #nulls: Int32Array;
  readonly #shortest: Int32Array;
  readonly #longest: Int32Array;
  readonly #values: Int32Array;
  readonly #fits: Int32Array;
  readonly #shapes: Int32Array;
  readonly #distinct: DistinctCounts;

  constructor(
    private readonly columns: readonly { readonly ordinal: number; readonly name: string }[],
    nullTokens: readonly string[],
  ) {
    this.#cleaner = new Cleaner(nullTokens);
    this.#nulls = new Int32Array(columns.length);
    this.#shortest = new Int32Array(columns.length).fill(-1);
    this.#longest = new Int32Array(columns.length);
    this.#values = new Int32Array(columns.length);
    this.#fits = new Int32Array(columns.length * this.#probes.length);
    this.#shapes = new Int32Array(columns.length * VALUE_SHAPES.length);
    this.#distinct = new DistinctCounts(columns.length);
  }

  /** Counts one value of column `at`: the bytes `buf[start, end)` as the reader leaves them. */
  add(at: number, buf: Uint8Array, start: number, end: number): void {
    const cleaned = this.#cleaner.clean(buf, start, Math.max(start, end));
    if (cleaned === 0 || cleaned === 3) {
      this.#nulls[at]! += 1;
      return;
    }
    const from = this.#cleaner.start;
    const to = this.#cleaner.end;
    const length = to - from;
    if (this.#shortest[at]! < 0 || length < this.#shortest[at]!) this.#shortest[at] = length;
    if (length > this.#longest[at]!) this.#longest[at] = length;
    this.#distinct.add(at, this.#cleaner.buf, from, to);
    this.#shapes[at * VALUE_SHAPES.length + shapeOf(this.#cleaner.buf, from, to)]! += 1;
    if (length <= LONGEST_TRIED) this.#try(at, this.#cleaner.buf, from, to);
  }

  #try(at: number, buf: Uint8Array, from: number, to: number): void {
    const first = at * this.#probes.length;
    const values = (this.#values[at]! += 1);
    for (let i = 0; i < this.#probes.length; i += 1) {
      if (values > TRIED_IN_VAIN && this.#fits[first + i] === 0) continue;
      const { kernel, understood } = this.#probes[i]!;
      const result = kernel(buf, from, to, this.#out, 0);
      if (result >= 0 || understood[-1 - result] === true) this.#fits[first + i]! += 1;
    }
  }

  profile(): ColumnProfile[] {
    return this.columns.map((column, at) => ({
      ordinal: column.ordinal,
      name: column.name,
      records: this.records,
      nulls: this.#nulls[at]!,
      min_length: Math.max(0, this.#shortest[at]!),
      max_length: this.#longest[at]!,
      fits: Object.fromEntries(this.#probes.map(({ name }, i) => [name, this.#fits[at * this.#probes.length + i]!])),
      distinct: this.#distinct.estimate(at),
      shapes: this.#shapesOf(at),
    }));
  }

  #shapesOf(at: number): Record<string, number> {
    const shapes: Record<string, number> = {};
    VALUE_SHAPES.forEach((shape, i) => {
      const count = this.#shapes[at * VALUE_SHAPES.length + i]!;
      if (count > 0) shapes[shape] = count;
    });
    return shapes;
  }
}
