import type { RowChunk } from './canonical-chunk.js';
import { LINEAGE_BYTES, readLineage, writeDuplicate } from './duplicate-line.js';
import { DuplicateSet, ENTERED, NO_ROOM } from './duplicate-set.js';
import { LineBuffer } from './json-lines.js';
import { LateRows } from './late-rows.js';
import type { TransformPorts, ReadBytes, ReadReceived } from './ports.js';
import { HASH_LANES } from './record-hash.js';
import { sameReceived } from './same-received.js';

const COMMA = 0x2c;
type MergePorts = Pick<TransformPorts, 'part' | 'readInput' | 'entered' | 'late'>;

/**
 * Finds exact duplicates, chunk after chunk in the order of the input: the first record of equal ones survives. The identity of a record
 * is the text of its fields and carried columns in the part, which is the same for the same values and for them only. Once the set is full,
 * a row that it does not know stays in the part and is noted as late: `LateDuplicates` compares those with each other.
 */
export class DuplicateMerge {
  readonly lines = new LineBuffer();
  merged = 0;

  /** Knows every row that was merged so far but the late ones. */
  readonly set: DuplicateSet;
  readonly #late: LateRows | undefined;
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

  /** `remove`: duplicates are left out of the part; else they stay and are only listed. `lateRows` were noted before. */
  constructor(remove: boolean, { part, readInput, entered, late }: MergePorts, lateRows = 0) {
    this.#remove = remove;
    this.#readPart = (offset, into) => part.read(offset, into);
    this.#readInput = readInput;
    this.set = new DuplicateSet(entered, late?.budgetBytes);
    if (late !== undefined) this.#late = new LateRows(late.rows, lateRows);
    if (lateRows > 0) this.set.close();
  }

  /** Rows that have still to be compared with each other. */
  get lateRows(): number {
    return this.#late?.count ?? 0;
  }

  /** Writes down what the set has learned. */
  flush(): void {
    this.set.flush();
  }

  /** Has the set learn again what another one has written down. */
  reenter(slots: Int32Array): void {
    this.set.reenter(slots);
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
      const offset = partBytes + start - this.#shift;
      // The lowest bit of the tag says whether received bytes belong to the identity, so that such rows meet only their like.
      const h2 = ((hashes[at + 2]! ^ hashes[at + 3]!) & ~0x10000) | (chunk.altered[k]! << 16);
      const found = this.set.findOrEnter(hashes[at]!, hashes[at + 1]!, h2, offset, this.#same);
      if (found === ENTERED) continue;
      if (found === NO_ROOM) {
        this.#late!.note(hashes[at]!, hashes[at + 1]!, h2, offset, chunk.identityEnd[k]! - start, chunk.byteLength[k]!);
        continue;
      }
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
    return sameReceived(this.#readInput, this.#own, this.#chunk.byteLength[this.#row]!, this.#survivor);
  }

  #list(k: number): void {
    readLineage(this.#chunk.rows, this.#chunk.identityEnd[k]! + 1, this.#own);
    writeDuplicate(this.lines, this.#own, this.#survivor);
  }
}
