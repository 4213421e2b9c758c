/** Splitmix finaliser over 32 bits. Everything stays a signed 32-bit number, which the engine keeps out of the heap. */
function mix(n: number): number {
  n = Math.imul(n ^ (n >>> 16), 0x21f0aaad);
  n = Math.imul(n ^ (n >>> 15), 0x735a2d97);
  return n ^ (n >>> 15);
}

const TWO_32 = 0x1_0000_0000;

/**
 * The random numbers of one record: sfc32 (Chris Doty-Humphrey's small fast counting generator), started anew at (seed, stream, i).
 * What is drawn for a record depends on nothing that was drawn before, so that any range of records can be made alone.
 */
export class Draw {
  private a = 0;
  private b = 0;
  private c = 0;
  private d = 0;

  /** `seed` and `stream` count by their low 32 bits, `i` by all 53. */
  at(seed: number, stream: number, i: number): this {
    this.a = mix((seed + 0x9e3779b9) | 0);
    this.b = mix(i ^ this.a);
    this.c = mix((i + Math.imul(stream + 1, 0x85ebca6b) + Math.floor(i / TWO_32)) | 0);
    this.d = 1;
    this.next();
    this.next();
    this.next();
    return this;
  }

  /** From [0, 1). */
  share(): number {
    return (this.next() >>> 0) / TWO_32;
  }

  /** A whole number from [0, n). */
  below(n: number): number {
    return Math.floor(((this.next() >>> 0) / TWO_32) * n);
  }

  of<Item>(list: readonly Item[]): Item {
    return list[this.below(list.length)]!;
  }

  private next(): number {
    const t = (((this.a + this.b) | 0) + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + t) | 0;
    return t;
  }
}
