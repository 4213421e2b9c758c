import type { FieldMapping, Plan } from '@attune/core';
import type { Batch } from '@attune/formats';
import { CLEAN_CONTROLS, CLEAN_VALUE, type Cleaner } from '@attune/standardize';
import { compileExpression, type CompiledExpression } from './expression-value.js';
import type { ReceivedValue } from './received-value.js';
import { utf8 } from './utf8.js';
import { ValueMap } from './value-map.js';

/** A way from source columns to one value that is more than one column as it is. */
export interface Composition {
  readonly sources: readonly number[];
  readonly join: Uint8Array;
  /** Absent: the whole value. `at` counts pieces from 0, negative ones from the end. */
  readonly part?: { readonly separator: Uint8Array; readonly at: number };
  readonly values?: ValueMap;
  /** Makes the value from the sources, instead of all the others. */
  readonly expression?: CompiledExpression;
}

const BLANK = utf8(' ');

/** What has to be done to the columns before the standardizer, or undefined where one column is given to it as it is. */
export function compileComposition(mapping: FieldMapping, standardize: boolean, cleaner: Cleaner, plan: Plan): Composition | undefined {
  const { from, join, part } = mapping;
  if (mapping.expression !== undefined) {
    const expression = compileExpression(mapping.expression, plan, standardize);
    return { sources: expression.sources, join: BLANK, expression };
  }
  const values = standardize ? mapping.values : undefined;
  if (from.length === 0 || (from.length === 1 && part === undefined && values === undefined)) return undefined;
  return {
    sources: from.map(({ ordinal }) => ordinal),
    join: utf8(join ?? ' '),
    ...(part === undefined ? {} : { part: { separator: utf8(part.separator), at: part.at } }),
    ...(values === undefined ? {} : { values: new ValueMap(values, cleaner) }),
  };
}

/** Bytes that are used again and grow. */
class Scratch {
  bytes = new Uint8Array(256);
  length = 0;

  append(buf: Uint8Array, start: number, end: number): void {
    const needed = this.length + end - start;
    if (needed > this.bytes.length) {
      const larger = new Uint8Array(2 * needed);
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    for (let i = start; i < end; i++) this.bytes[this.length++] = buf[i]!;
  }
}

/**
 * Makes the one value of a field from several columns, a part of a column, or a value map: the columns' values without the null ones are
 * joined, the part is taken, and the map translates it. With a cleaner the columns, and what was joined or taken, are clean; without one
 * they are as received but for control characters, and nothing is translated. All memory is used again.
 */
export class ComposedValue {
  /** What the standardizer is given, once `take` said so. */
  buf: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** As received: the columns that hold anything, joined. Empty where none does. */
  received: Uint8Array = new Uint8Array(0);
  receivedStart = 0;
  receivedEnd = 0;
  /** Control characters were removed from one of the columns. */
  controls = false;
  readonly #cleaner: Cleaner;
  readonly #asReceived: ReceivedValue;
  readonly #joined = new Scratch();
  readonly #joinedReceived = new Scratch();
  /** Where the value of each source ends in `#joined`. */
  readonly #sourceEnd = new Int32Array(16);

  constructor(cleaner: Cleaner, asReceived: ReceivedValue) {
    this.#cleaner = cleaner;
    this.#asReceived = asReceived;
  }

  /** Composes the value of the record whose cells begin at `base`; false is null. `clean`: what is composed goes to a standardizer. */
  take(composition: Composition, batch: Batch, base: number, clean: boolean): boolean {
    const { sources, part, values } = composition;
    this.controls = false;
    if (composition.expression !== undefined) return this.#express(composition, composition.expression, batch, base);
    const found = sources.length === 1 ? this.#one(sources[0]!, batch, base, clean) : this.#join(composition, batch, base, clean);
    if (!found) return false;
    if (part !== undefined && !this.#takePart(part.separator, part.at)) return false;
    // A join or a part may have left blanks at the ends, or a null token.
    if (clean && (part !== undefined || sources.length > 1) && !this.#cleanAgain()) return false;
    return values === undefined || this.#translate(values);
  }

  #one(source: number, { buf, starts, ends }: Batch, base: number, clean: boolean): boolean {
    this.received = buf;
    this.receivedStart = Math.max(0, starts[base + source]!);
    this.receivedEnd = starts[base + source]! < 0 ? 0 : ends[base + source]!;
    if (this.receivedStart === this.receivedEnd || !this.#takeColumn(buf, this.receivedStart, this.receivedEnd, clean)) return false;
    const taken = clean ? this.#cleaner : this.#asReceived;
    this.#point(taken.buf, taken.start, taken.end);
    return true;
  }

  #join({ sources, join }: Composition, { buf, starts, ends }: Batch, base: number, clean: boolean): boolean {
    const joined = this.#joined;
    const received = this.#joinedReceived;
    joined.length = received.length = 0;
    const taken = clean ? this.#cleaner : this.#asReceived;
    let count = 0;
    for (let i = 0; i < sources.length; i++) {
      const start = starts[base + sources[i]!]!;
      const end = ends[base + sources[i]!]!;
      if (start < 0 || start === end) continue;
      if (received.length > 0) received.append(join, 0, join.length);
      received.append(buf, start, end);
      if (!this.#takeColumn(buf, start, end, clean)) continue;
      if (count++ > 0) joined.append(join, 0, join.length);
      joined.append(taken.buf, taken.start, taken.end);
    }
    this.received = received.bytes;
    this.receivedStart = 0;
    this.receivedEnd = received.length;
    this.#point(joined.bytes, 0, joined.length);
    return count > 0;
  }

  /** What the expression makes of the columns; of one that has failed, a value without bytes, which the kernel refuses. */
  #express({ join }: Composition, { sources, bytes, clean }: CompiledExpression, { buf, starts, ends }: Batch, base: number): boolean {
    const taken = clean ? this.#cleaner : this.#asReceived;
    const joined = this.#joined;
    const received = this.#joinedReceived;
    joined.length = received.length = 0;
    for (let i = 0; i < sources.length; i++) {
      const start = starts[base + sources[i]!]!;
      const end = ends[base + sources[i]!]!;
      if (start >= 0 && start !== end) {
        if (received.length > 0) received.append(join, 0, join.length);
        received.append(buf, start, end);
        if (this.#takeColumn(buf, start, end, clean)) joined.append(taken.buf, taken.start, taken.end);
      }
      this.#sourceEnd[i] = joined.length;
    }
    for (let i = 0; i < sources.length; i++) bytes.give(i, joined.bytes, i === 0 ? 0 : this.#sourceEnd[i - 1]!, this.#sourceEnd[i]!);
    const hasValue = bytes.run();
    // A value may come of columns that are all empty; something must then have been received for it to count.
    if (received.length === 0 && (hasValue || bytes.failed)) received.append(BLANK, 0, BLANK.length);
    this.received = received.bytes;
    this.receivedStart = 0;
    this.receivedEnd = received.length;
    this.#point(bytes.buf, bytes.start, bytes.end);
    return hasValue ? !clean || this.#cleanAgain() : bytes.failed;
  }

  #takeColumn(buf: Uint8Array, start: number, end: number, clean: boolean): boolean {
    const kind = clean ? this.#cleaner.clean(buf, start, end) : this.#asReceived.take(buf, start, end);
    if (kind >= CLEAN_CONTROLS) this.controls = true;
    return kind === CLEAN_VALUE || kind === CLEAN_CONTROLS;
  }

  /** Narrows the value to one piece between separators; false where there is no such piece, or nothing in it. */
  #takePart(separator: Uint8Array, at: number): boolean {
    const { buf, start, end } = this;
    let piece = at < 0 ? pieces(buf, start, end, separator) + at : at;
    if (piece < 0) return false;
    let from = start;
    for (;;) {
      const to = indexOf(buf, from, end, separator);
      if (piece-- === 0) {
        this.#point(buf, from, to < 0 ? end : to);
        return this.start < this.end;
      }
      if (to < 0) return false;
      from = to + separator.length;
    }
  }

  #cleanAgain(): boolean {
    const kind = this.#cleaner.clean(this.buf, this.start, this.end);
    this.#point(this.#cleaner.buf, this.#cleaner.start, this.#cleaner.end);
    return kind === CLEAN_VALUE || kind === CLEAN_CONTROLS;
  }

  #translate(values: ValueMap): boolean {
    const entry = values.find(this.buf, this.start, this.end);
    if (entry >= 0) this.#point(values.bytes, values.textStart[entry]!, values.textEnd[entry]!);
    return this.start < this.end;
  }

  #point(buf: Uint8Array, start: number, end: number): void {
    this.buf = buf;
    this.start = start;
    this.end = end;
  }
}

/** Pieces between separators: one more than there are separators. */
function pieces(buf: Uint8Array, start: number, end: number, separator: Uint8Array): number {
  let count = 1;
  for (let at = indexOf(buf, start, end, separator); at >= 0; at = indexOf(buf, at + separator.length, end, separator)) count++;
  return count;
}

/** Where the separator begins in `buf[start, end)`, or -1. */
function indexOf(buf: Uint8Array, start: number, end: number, separator: Uint8Array): number {
  const last = end - separator.length;
  for (let i = start; i <= last; i++) {
    let k = 0;
    while (k < separator.length && buf[i + k] === separator[k]) k++;
    if (k === separator.length) return i;
  }
  return -1;
}
