import { LINEAGE_BYTES, readLineage, writeDuplicate } from './duplicate-line.js';
import { JsonLines, LineBuffer } from './json-lines.js';
import { LATE_BLOCK, type LateSource } from './late-duplicates.js';
import { LateBlock } from './late-rows.js';
import { ListedLines } from './listed-lines.js';
import type { SettlePorts } from './ports.js';
import { Survivors } from './survivors.js';

const BLOCK = 1 << 18;

/** Writes the part and the list of duplicates as they would be had the set known every row. */
export class Settlement {
  readonly duplicates: JsonLines;
  readonly #source: LateSource;
  readonly #ports: SettlePorts;
  readonly #lines = new LineBuffer();
  readonly #listed: ListedLines;
  readonly #block = new Uint8Array(BLOCK);
  readonly #lineage = new Uint8Array(LINEAGE_BYTES);
  readonly #own = new Float64Array(3);
  readonly #survivor = new Float64Array(3);
  /** Bytes of the old part that are in the new one or left out of it. */
  #taken = 0;

  constructor(source: LateSource, ports: SettlePorts) {
    this.#source = source;
    this.#ports = ports;
    this.#listed = new ListedLines(ports.listed);
    this.duplicates = new JsonLines(ports.duplicates);
  }

  /** `remove`: duplicates are left out of the new part; else there is none. Gives its caller a turn now and then. */
  *write(remove: boolean): Generator<undefined, void> {
    const late = new LateBlock(LATE_BLOCK);
    const survivors = new Survivors(this.#ports.survivors, LATE_BLOCK);
    for (let first = 0; first < this.#source.count; first += LATE_BLOCK) {
      late.read(this.#source.rows, first);
      survivors.read(first, late.rows);
      for (let i = 0; i < late.rows; i++) {
        late.choose(i);
        const survivor = survivors.of(i);
        if (survivor === late.offset) continue;
        const end = this.#lineageAt(late.offset + late.identityBytes + 1, this.#own);
        this.#lineageAt(survivor + late.identityBytes + 1, this.#survivor); // equal rows have identities of the same length
        yield* this.#listBefore(this.#own[0]!);
        writeDuplicate(this.#lines, this.#own, this.#survivor);
        if (!remove) continue;
        yield* this.#copyTo(late.offset);
        this.#taken = end;
      }
      yield;
    }
    yield* this.#listBefore(Infinity);
    this.#append();
    if (remove) yield* this.#copyTo(Infinity);
  }

  /** Reads the lineage at an offset of the part; returns the offset at which the row ends. */
  #lineageAt(offset: number, into: Float64Array): number {
    this.#source.part(offset, this.#lineage);
    return offset + readLineage(this.#lineage, 0, into);
  }

  /** Copies the lines that were listed of records before this one. */
  *#listBefore(record: number): Generator<undefined, void> {
    do {
      if (this.#lines.at < BLOCK) continue;
      this.#append();
      yield;
    } while (this.#listed.copyBefore(record, this.#lines));
  }

  #append(): void {
    this.duplicates.append(this.#lines);
    this.#lines.clear();
  }

  /** Copies the rows of the part up to an offset. */
  *#copyTo(offset: number): Generator<undefined, void> {
    while (this.#taken < offset) {
      const read = this.#source.part(this.#taken, this.#block.subarray(0, Math.min(BLOCK, offset - this.#taken)));
      if (read === 0) return;
      this.#ports.part.write(this.#block.subarray(0, read));
      this.#taken += read;
      if (read === BLOCK) yield;
    }
  }
}
