import { AppError } from '@attune/core';
import { InflateMeter, markOf, partName, RelationshipsPart, relationshipsOf, XmlTokens, type Relationship } from '@attune/formats';
import type { InputFile } from '../scratch-file.js';
import { unzip, zipParts, type ZipMember } from './zip.js';

/** What takes the tokens of one part. */
export interface Part {
  read(tokens: XmlTokens): void;
}

/** The parts of an Office document (ECMA-376 part 2), read one after another. What comes out of them is measured together. */
export class OfficePackage {
  readonly #file: InputFile;
  readonly #members: ReadonlyMap<string, ZipMember>;
  readonly #limit: number;
  #meter: InflateMeter;
  #before = 0;
  #within = 0;

  private constructor(file: InputFile, members: ReadonlyMap<string, ZipMember>, limit: number) {
    this.#file = file;
    this.#members = members;
    this.#limit = limit;
    this.#meter = new InflateMeter(limit, file.size);
  }

  /** Undefined for a zip that is none. `limit`: inflated bytes at most. Throws AppError `container.corrupt`, `zip_bomb` or `encrypted_file`. */
  static async open(file: InputFile, limit: number): Promise<OfficePackage | undefined> {
    const members = await zipParts(file);
    return members === undefined ? undefined : new OfficePackage(file, members, limit);
  }

  /** Compressed bytes that were read. */
  get consumed(): number {
    return this.#before + this.#within;
  }

  /** Reading begins anew, and so does what is measured of it. */
  restart(): void {
    this.#meter = new InflateMeter(this.#limit, this.#file.size);
    this.#before = 0;
    this.#within = 0;
  }

  has(name: string): boolean {
    return this.#members.has(partName(name));
  }

  /** Leads a part of XML through what takes it; false where there is no such part. Throws AppError `container.corrupt` or `zip_bomb`. */
  async read(name: string, part: Part): Promise<boolean> {
    if (!this.has(name)) return false;
    const tokens = new XmlTokens();
    for await (const piece of this.pieces(name)) {
      tokens.give(piece);
      part.read(tokens);
    }
    tokens.finish();
    return true;
  }

  /** The bytes of a part of XML, without a byte order mark. */
  async *pieces(name: string): AsyncGenerator<Uint8Array> {
    const member = this.#members.get(partName(name));
    if (member === undefined) throw new AppError('container.corrupt', 'A part of the workbook is missing.');
    this.#before += this.#within;
    this.#within = 0;
    let isFirst = true;
    for await (const { bytes, consumed } of unzip(this.#file, member)) {
      this.#within = consumed;
      this.#meter.take(bytes.length, this.consumed);
      yield isFirst ? bytes.subarray(markOf(bytes)) : bytes;
      isFirst = false;
    }
  }

  /** Where a part leads to; `source` is empty for the package itself. */
  async relationships(source: string): Promise<readonly Relationship[]> {
    const part = new RelationshipsPart(source);
    await this.read(relationshipsOf(source), part);
    return part.found;
  }
}
