import { AppError } from '@attune/core';
import type { Generator } from './generator.js';
import { LONGEST_ROW, MARK, Row, utf8 } from './row.js';
import { rowFormat, type RowFormat, type SampleFormat } from './row-format.js';
import { type Fault, Kinds, type Planted, type TruthCounts } from './truth.js';

/** Which records, and how they are written. The same request gives the same bytes. */
export interface GenerationRequest {
  /** How many records: 0..10^12. */
  readonly records: number;
  /** Ordinal of the first one, counted from 0. Only what begins at 0 has a header. */
  readonly from?: number | undefined;
  /** 0..2^32 - 1. */
  readonly seed: number;
  readonly format: SampleFormat;
  /** False leaves the columns of the address out; all others stay as they are. Default true. */
  readonly includeAddress?: boolean | undefined;
  /** Share of the records that are broken on purpose: 0..1, default 0. */
  readonly hostileShare?: number | undefined;
  /** Share of the records that repeat an earlier one: 0..0.5, default 0.045. */
  readonly duplicateShare?: number | undefined;
}

/** Whole records, about a mebibyte of them; whoever reads it owns it. */
export interface Chunk {
  readonly bytes: Uint8Array;
  /** Its records that are not originals, in order. */
  readonly planted: readonly Planted[];
}

const CHUNK_BYTES = 1 << 20;
const MOST_RECORDS = 1e12;
const DUPLICATE_SHARE = 0.045;
/** Columns that a record with too few fields lacks. */
const LACKING = 7;
const LF = 0x0a;
const CR = 0x0d;
const ANN = utf8('Ann');
const LOST_CITY = utf8('Lost City');
const EXTRA = utf8('extra');
const WITH_NUL = utf8('An\0n');
/** The second letter of Renee in Latin-1: no UTF-8. */
const LATIN_1 = Uint8Array.of(0x52, 0x65, 0x6e, 0xe9, 0x65);

/** A range of records on its way out, chunk by chunk, in memory that does not grow; it can be read once. */
export class Generation implements Iterable<Chunk> {
  private readonly names: readonly string[];
  private readonly row: Row;
  private readonly columns: readonly number[];
  private readonly withExtra: readonly number[];
  private readonly format: RowFormat;
  private readonly kinds: Kinds;
  private readonly original: (i: number, row: Row) => void;
  private readonly padded: readonly number[];
  private readonly early: number;
  private readonly later: number;

  /** @throws AppError validation_failed */
  constructor(
    generator: Generator,
    private readonly request: GenerationRequest,
  ) {
    check(request);
    const { seed, includeAddress = true, hostileShare = 0, duplicateShare = DUPLICATE_SHARE } = request;
    this.names = [...generator.columns, 'extra'];
    const columnOf = (name: string): number => this.names.indexOf(name);
    const [early, later, laterWithoutAddress] = generator.breakable;
    const leftOut = includeAddress ? [] : generator.addressColumns;
    this.columns = generator.columns.filter((name) => !leftOut.includes(name)).map(columnOf);
    this.withExtra = [...this.columns, columnOf('extra')];
    this.row = new Row(this.names.length);
    this.format = rowFormat(request.format, this.names);
    this.kinds = new Kinds(seed, hostileShare, duplicateShare);
    this.original = generator.originals(seed);
    this.padded = generator.paddable.map(columnOf);
    this.early = columnOf(early);
    this.later = columnOf(includeAddress ? later : laterWithoutAddress);
  }

  /** Of the records in the chunks so far. */
  get counts(): TruthCounts {
    return this.kinds.counts;
  }

  *[Symbol.iterator](): Iterator<Chunk, void> {
    const { from = 0, records } = this.request;
    let bytes = new Uint8Array(CHUNK_BYTES);
    let end = 0;
    let planted: Planted[] = [];
    if (from === 0) {
      const header = this.format.header(this.columns.map((column) => this.names[column]!));
      bytes.set(header);
      end = header.length;
    }
    for (let i = from; i < from + records; i++) {
      if (end > CHUNK_BYTES - LONGEST_ROW) {
        yield { bytes: bytes.subarray(0, end), planted };
        bytes = new Uint8Array(CHUNK_BYTES);
        end = 0;
        planted = [];
      }
      this.kinds.decide(i);
      end = this.write(bytes, end);
      const truth = this.kinds.planted(i);
      if (truth !== undefined) planted.push(truth);
    }
    if (end > 0) yield { bytes: bytes.subarray(0, end), planted };
  }

  /** Writes the record that was decided last, with its line end. */
  private write(out: Uint8Array, at: number): number {
    const { row, kinds } = this;
    row.clear();
    this.original(kinds.base, row);
    if (kinds.kind === 'hostile') return this.writeHostile(kinds.fault, out, at);
    if (kinds.kind === 'padded') for (const column of this.padded) row.pad(column);
    const end = this.format.write(row, this.columns, out, at);
    out[end] = LF;
    return end + 1;
  }

  private writeHostile(fault: Fault, out: Uint8Array, at: number): number {
    const { row, columns } = this;
    if (fault === 'stray_quote') row.open(this.early).put(ANN).mark(MARK.stray);
    if (fault === 'unterminated_quote') row.open(this.later).put(LOST_CITY).mark(MARK.open);
    if (fault === 'invalid_utf8') row.open(this.early).put(LATIN_1);
    if (fault === 'nul') row.open(this.early).put(WITH_NUL);
    if (fault === 'too_many_fields') row.open(this.names.length - 1).put(EXTRA);
    if (fault === 'blank_line') out[at++] = LF;
    const written = fault === 'too_many_fields' ? this.withExtra : fault === 'too_few_fields' ? columns.slice(0, -LACKING) : columns;
    let end = this.format.write(row, written, out, at);
    if (fault === 'crlf') out[end++] = CR;
    out[end] = LF;
    return end + 1;
  }
}

function check({ records, from = 0, seed, hostileShare = 0, duplicateShare = 0 }: GenerationRequest): void {
  const whole = (value: number, most: number): boolean => Number.isSafeInteger(value) && value >= 0 && value <= most;
  const between = (value: number, most: number): boolean => value >= 0 && value <= most;
  const wrong = [
    [whole(records, MOST_RECORDS), 'the number of records is 0 to 10^12'],
    [whole(from, MOST_RECORDS), 'the first record is 0 to 10^12'],
    [whole(seed, 0xffff_ffff), 'the seed is a whole number of 0 to 4294967295'],
    [between(hostileShare, 1), 'the share of hostile records is 0 to 1'],
    [between(duplicateShare, 0.5), 'the share of duplicates is 0 to 0.5'],
  ].find(([sound]) => sound === false);
  if (wrong !== undefined) throw new AppError('validation_failed', String(wrong[1]));
}
