const REGISTER_BITS = 11;
const REGISTERS = 1 << REGISTER_BITS;
const ALPHA = 0.7213 / (1 + 1.079 / REGISTERS);

/** Longest prefix of a smallest or largest value that is kept, in bytes. */
export const EXTREME_BYTES = 128;

/** A sketch as plain data. */
export interface SketchState {
  /** Received, refused, changed, values, shortest and longest length, and 1 where a value begins a formula. */
  readonly counts: readonly [number, number, number, number, number, number, number];
  readonly findings: Int32Array;
  readonly registers: Uint8Array;
  /** Smallest and largest value, cut; null where there is none. */
  readonly min: Uint8Array | null;
  readonly max: Uint8Array | null;
}

/**
 * What one column of one chunk looks like. Sketches of chunks are merged in chunk order; the result does not depend on how the
 * input was cut. Lengths are bytes of the canonical value; values are ordered by unsigned bytes.
 */
export class ColumnSketch {
  /** Values that were not empty when received. */
  received = 0;
  /** Received values that a standardizer refused; they are null in the result. */
  refused = 0;
  /** Received values that are not in the result byte for byte; refused ones and null tokens are among them. */
  changed = 0;
  /** Values that are not null in the result. */
  values = 0;
  /** 1 where a spreadsheet would calculate one of the values; told by whoever knows that they are text. */
  formulas = 0;
  minLength = 0;
  maxLength = 0;
  /** Findings by the column's own code number. */
  readonly findings: Int32Array;
  readonly #registers = new Uint8Array(REGISTERS);
  readonly #min = new Extreme(-1);
  readonly #max = new Extreme(1);

  constructor(codes: number) {
    this.findings = new Int32Array(codes);
  }

  /** Takes in the canonical value `buf[start, end)` with any 32-bit hash of it. */
  add(buf: Uint8Array, start: number, end: number, hash: number): void {
    const length = end - start;
    if (this.values === 0) this.minLength = length;
    if (length < this.minLength) this.minLength = length;
    if (length > this.maxLength) this.maxLength = length;
    this.values++;
    let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h ^= h >>> 16;
    const register = h >>> (32 - REGISTER_BITS);
    const rank = Math.clz32((h << REGISTER_BITS) | (1 << (REGISTER_BITS - 1))) + 1;
    if (rank > this.#registers[register]!) this.#registers[register] = rank;
    const prefix = prefixOf(buf, start, end);
    if (prefix <= this.#min.prefix) this.#min.offer(prefix, buf, start, end);
    if (prefix >= this.#max.prefix) this.#max.offer(prefix, buf, start, end);
  }

  /** Everything that it says, to be taken to another thread or kept in a file. */
  state(): SketchState {
    return {
      counts: [this.received, this.refused, this.changed, this.values, this.minLength, this.maxLength, this.formulas],
      findings: this.findings.slice(),
      registers: this.#registers.slice(),
      min: this.#min.bytes(),
      max: this.#max.bytes(),
    };
  }

  static of({ counts, findings, registers, min, max }: SketchState): ColumnSketch {
    const sketch = new ColumnSketch(findings.length);
    [sketch.received, sketch.refused, sketch.changed, sketch.values, sketch.minLength, sketch.maxLength, sketch.formulas] = counts;
    sketch.findings.set(findings);
    sketch.#registers.set(registers);
    if (min !== null) sketch.#min.offer(prefixOf(min, 0, min.length), min, 0, min.length);
    if (max !== null) sketch.#max.offer(prefixOf(max, 0, max.length), max, 0, max.length);
    return sketch;
  }

  merge(later: ColumnSketch): void {
    if (later.values > 0) {
      this.minLength = this.values === 0 ? later.minLength : Math.min(this.minLength, later.minLength);
      this.maxLength = Math.max(this.maxLength, later.maxLength);
      this.#min.merge(later.#min);
      this.#max.merge(later.#max);
      for (let i = 0; i < REGISTERS; i++) if (later.#registers[i]! > this.#registers[i]!) this.#registers[i] = later.#registers[i]!;
    }
    this.formulas |= later.formulas;
    this.received += later.received;
    this.refused += later.refused;
    this.changed += later.changed;
    this.values += later.values;
    later.findings.forEach((count, code) => (this.findings[code]! += count));
  }

  clear(): void {
    if (this.values > 0) this.#registers.fill(0);
    this.received = this.refused = this.changed = this.values = this.formulas = this.minLength = this.maxLength = 0;
    this.findings.fill(0);
    this.#min.clear();
    this.#max.clear();
  }

  /** Number of different values, by HyperLogLog with 2^11 registers: a standard error of 2.3 %. */
  distinctEstimate(): number {
    let sum = 0;
    let empty = 0;
    for (const rank of this.#registers) {
      sum += 2 ** -rank;
      if (rank === 0) empty++;
    }
    const raw = (ALPHA * REGISTERS * REGISTERS) / sum;
    if (raw <= 2.5 * REGISTERS && empty > 0) return Math.round(REGISTERS * Math.log(REGISTERS / empty));
    return Math.round(raw > 2 ** 32 / 30 ? -(2 ** 32) * Math.log(1 - raw / 2 ** 32) : raw);
  }

  /** Smallest value, cut to 128 bytes; null where there is none. */
  get min(): string | null {
    return this.values === 0 ? null : this.#min.text();
  }

  get max(): string | null {
    return this.values === 0 ? null : this.#max.text();
  }
}

/** The smallest (sign -1) or largest (sign 1) value so far, its first four bytes also as a number: most values need no more than that. */
class Extreme {
  prefix: number;
  readonly #sign: -1 | 1;
  readonly #buf = new Uint8Array(EXTREME_BYTES);
  #length = -1;

  constructor(sign: -1 | 1) {
    this.#sign = sign;
    this.prefix = -sign * Infinity;
  }

  offer(prefix: number, buf: Uint8Array, start: number, end: number): void {
    if (prefix === this.prefix && this.#order(buf, start, end) * this.#sign <= 0) return;
    if ((prefix - this.prefix) * this.#sign < 0) return;
    this.prefix = prefix;
    this.#length = Math.min(end - start, EXTREME_BYTES);
    for (let i = 0; i < this.#length; i++) this.#buf[i] = buf[start + i]!;
  }

  merge(other: Extreme): void {
    if (other.#length >= 0) this.offer(other.prefix, other.#buf, 0, other.#length);
  }

  /** The bytes that are kept; null for no value. */
  bytes(): Uint8Array | null {
    return this.#length < 0 ? null : this.#buf.slice(0, this.#length);
  }

  clear(): void {
    this.#length = -1;
    this.prefix = -this.#sign * Infinity;
  }

  text(): string {
    return new TextDecoder().decode(this.#buf.subarray(0, wholeCharacters(this.#buf, this.#length)));
  }

  /** Positive when the given value is the larger one. */
  #order(buf: Uint8Array, start: number, end: number): number {
    const length = Math.min(end - start, EXTREME_BYTES);
    const shorter = Math.min(length, this.#length);
    for (let i = 0; i < shorter; i++) {
      const difference = buf[start + i]! - this.#buf[i]!;
      if (difference !== 0) return difference;
    }
    return length - this.#length;
  }
}

function prefixOf(buf: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > 3) return ((buf[start]! << 24) | (buf[start + 1]! << 16) | (buf[start + 2]! << 8) | buf[start + 3]!) >>> 0;
  const high = length > 0 ? buf[start]! * 0x100_0000 : 0;
  const second = length > 1 ? buf[start + 1]! << 16 : 0;
  const third = length > 2 ? buf[start + 2]! << 8 : 0;
  return high + second + third;
}

/** Length without a UTF-8 character that a cut has left incomplete at the end. */
export function wholeCharacters(buf: Uint8Array, length: number): number {
  let lead = length - 1;
  while (lead >= 0 && lead > length - 4 && (buf[lead]! & 0xc0) === 0x80) lead--;
  if (lead < 0) return length;
  const first = buf[lead]!;
  const needed = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  return lead + needed > length ? lead : length;
}
