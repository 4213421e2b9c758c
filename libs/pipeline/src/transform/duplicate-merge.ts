import type { RowChunk } from './canonical-chunk.js';
import { utf8 } from './utf8.js';
import { DuplicateSet } from './duplicate-set.js';
import { LineBuffer } from './json-lines.js';
import type { TransformPorts, ReadBytes, ReadReceived } from './ports.js';
import { receivedBytes } from './received-value.js';
import { HASH_LANES } from './record-hash.js';

const COMMA = 0x2c;
/** A row's lineage is at most three numbers of 16 digits with their commas and the line feed. */
const LINEAGE_BYTES = 64;

const RECORD = utf8('{"record":');
const LINE = utf8(',"line":');
const BYTE_OFFSET = utf8(',"byte_offset":');
const SURVIVOR_RECORD = utf8(',"survivor_record":');
const SURVIVOR_LINE = utf8(',"survivor_line":');
const SURVIVOR_OFFSET = utf8(',"survivor_byte_offset":');

/**
 * Finds exact duplicates, chunk after chunk in the order of the input: the first record of equal ones survives. The identity of a record
 * is the text of its fields and carried columns in the part, which is the same for the same values and for them only.
 */
export class DuplicateMerge {
  readonly lines = new LineBuffer();
  merged = 0;

  readonly #set: DuplicateSet;
  readonly #remove: boolean;
  readonly #readPart: ReadBytes;
  readonly #readInput: ReadReceived;
  #earlier = new Uint8Array(1 << 12);
  /** `_record, _byte_offset, _line` of the row that was compared last. */
  readonly #survivor = new Float64Array(3);
  readonly #own = new Float64Array(3);
  #chunk!: RowChunk;
  #row = 0;
  #partBytes = 0;
  /** Where the rows that have not moved yet belong in the chunk, and how far they have to go. */
  #runAt = 0;
  #shift = 0;
  readonly #same = (offset: number): boolean => this.#isSame(offset);

  /** `remove`: duplicates are left out of the part; else they stay and are only listed. */
  constructor(remove: boolean, { part, readInput, entered }: Pick<TransformPorts, 'part' | 'readInput' | 'entered'>) {
    this.#remove = remove;
    this.#readPart = (offset, into) => part.read(offset, into);
    this.#readInput = readInput;
    this.#set = new DuplicateSet(entered);
  }

  /** Writes down what the set has learned. */
  flush(): void {
    this.#set.flush();
  }

  /** Has the set learn again what another one has written down. */
  reenter(slots: Int32Array): void {
    this.#set.reenter(slots);
  }

  /** Moves the rows that stay to the front of `chunk.rows` and returns how many bytes they are; `partBytes` are in the part before them. */
  merge(chunk: RowChunk, partBytes: number): number {
    this.#chunk = chunk;
    this.#partBytes = partBytes;
    const { rows, rowStart, hashes, n } = chunk;
    // Rows [runStart, …) stay and belong at `kept`; they move once the run is over.
    let runStart = n === 0 ? 0 : rowStart[0]!;
    let kept = 0;
    for (let k = 0; k < n; k++) {
      this.#row = k;
      this.#runAt = kept;
      this.#shift = runStart - kept;
      const at = k * HASH_LANES;
      const start = rowStart[k]!;
      const found = this.#set.findOrEnter(
        hashes[at]!,
        hashes[at + 1]!,
        // The lowest bit of the tag says whether received bytes belong to the identity, so that such rows meet only their like.
        ((hashes[at + 2]! ^ hashes[at + 3]!) & ~0x10000) | (chunk.altered[k]! << 16),
        partBytes + start - this.#shift,
        this.#same,
      );
      if (found < 0) continue;
      this.#list(k);
      if (!this.#remove) continue;
      this.merged++;
      rows.copyWithin(kept, runStart, start);
      kept += start - runStart;
      runStart = rowStart[k + 1]!;
    }
    const end = n === 0 ? 0 : rowStart[n]!;
    if (runStart !== kept) rows.copyWithin(kept, runStart, end);
    return kept + end - runStart;
  }

  /** Compares the row in work with the one at `offset` of the part, which may still be in the chunk, and notes where that one came from. */
  #isSame(offset: number): boolean {
    const { rows, rowStart, identityEnd } = this.#chunk;
    const start = rowStart[this.#row]!;
    const length = identityEnd[this.#row]! - start;
    let earlier = rows;
    let from = offset - this.#partBytes;
    let to = start;
    if (from >= this.#runAt) from += this.#shift;
    if (from < 0) {
      if (this.#earlier.length < length + LINEAGE_BYTES) this.#earlier = new Uint8Array(2 * (length + LINEAGE_BYTES));
      earlier = this.#earlier;
      from = 0;
      to = this.#readPart(offset, this.#earlier.subarray(0, length + LINEAGE_BYTES));
    }
    if (from + length >= to || earlier[from + length] !== COMMA) return false;
    for (let i = 0; i < length; i++) if (earlier[from + i] !== rows[start + i]) return false;
    readLineage(earlier, from + length + 1, this.#survivor);
    return this.#chunk.altered[this.#row] === 0 || this.#sameReceived();
  }

  #sameReceived(): boolean {
    readLineage(this.#chunk.rows, this.#chunk.identityEnd[this.#row]! + 1, this.#own);
    const own = receivedBytes(this.#readInput, this.#own[1]!, this.#chunk.byteLength[this.#row]!, this.#own[0]);
    const other = receivedBytes(this.#readInput, this.#survivor[1]!, own.length, this.#survivor[0]);
    return own.length === other.length && own.every((byte, i) => byte === other[i]);
  }

  #list(k: number): void {
    const { lines } = this;
    const own = this.#own;
    readLineage(this.#chunk.rows, this.#chunk.identityEnd[k]! + 1, own);
    lines.bytes(RECORD);
    lines.integer(own[0]!);
    lines.bytes(LINE);
    lines.integer(own[2]!);
    lines.bytes(BYTE_OFFSET);
    lines.integer(own[1]!);
    lines.bytes(SURVIVOR_RECORD);
    lines.integer(this.#survivor[0]!);
    lines.bytes(SURVIVOR_LINE);
    lines.integer(this.#survivor[2]!);
    lines.bytes(SURVIVOR_OFFSET);
    lines.integer(this.#survivor[1]!);
    lines.byte(0x7d);
    lines.endLine();
  }
}

/** Reads `_record,_byte_offset,_line` of a row. */
function readLineage(row: Uint8Array, start: number, into: Float64Array): void {
  let at = start;
  for (let i = 0; i < 3; i++) {
    let value = 0;
    for (; row[at]! >= 0x30 && row[at]! <= 0x39; at++) value = value * 10 + row[at]! - 0x30;
    into[i] = value;
    at++;
  }
}
