import { Buffer } from 'node:buffer';
import { AppError } from '@attune/core';
import type { ResultColumn } from '../output.js';
import { booleanOf, isExactInteger, serialOf } from './typed-cell.js';
import { XmlBytes } from './xml-bytes.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const LF = 0x0a;

/** Rows of a sheet, the header counted. */
export const MOST_ROWS = 1_048_576;
/** UTF-16 code units that a cell holds. */
const LONGEST_TEXT = 32_767;

const HEAD = Buffer.from(
  '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>',
);
const TAIL = Buffer.from('</sheetData></worksheet>');
const ROW = Buffer.from('<row r="');
const ROW_OPEN = Buffer.from('">');
const ROW_END = Buffer.from('</row>');
const CELL = Buffer.from('<c r="');
/** Styles are those of `STYLES`: 1 a date, 2 a text that stays one when it is edited, 3 a header. */
const TEXT = [2, 3].map((style) => Buffer.from(`" s="${style}" t="inlineStr"><is><t xml:space="preserve">`));
const TEXT_END = Buffer.from('</t></is></c>');
const NUMBER = Buffer.from('"><v>');
const DATE = Buffer.from('" s="1"><v>');
const BOOLEAN = Buffer.from('" t="b"><v>');
const VALUE_END = Buffer.from('</v></c>');

/**
 * Makes sheets of delimited text as DuckDB writes it: a header, comma, double quotes, LF, nothing for null. Bytes go in by `give`; `next`
 * turns one record into a row. Columns that are no text become dates, booleans and numbers where a spreadsheet keeps them exactly, else text.
 */
export class SheetRows {
  readonly xml = new XmlBytes();
  /** Records of all sheets, headers not counted. */
  records = 0;
  readonly #mostRows: number;
  readonly #columns: readonly ResultColumn[];
  readonly #letters: readonly Uint8Array[];
  #buf: Uint8Array = new Uint8Array(1 << 19);
  #at = 0;
  #held = 0;
  #row = 0;
  #header: Uint8Array | undefined;
  /** The field in work, with its quotes undone. */
  #field = new Uint8Array(1 << 12);

  constructor(columns: readonly ResultColumn[], mostRows = MOST_ROWS) {
    this.#mostRows = mostRows;
    this.#columns = columns;
    this.#letters = columns.map((_, i) => Buffer.from(columnName(i)));
  }

  /** Takes in further bytes. */
  give(piece: Uint8Array): void {
    const rest = this.#held - this.#at;
    if (rest + piece.length > this.#buf.length) {
      const larger = new Uint8Array(2 * (rest + piece.length));
      larger.set(this.#buf.subarray(this.#at, this.#held));
      this.#buf = larger;
    } else this.#buf.copyWithin(0, this.#at, this.#held);
    this.#buf.set(piece, rest);
    this.#at = 0;
    this.#held = rest + piece.length;
  }

  /** Begins a sheet. Every one but the first repeats the header. */
  begin(): void {
    this.xml.write(HEAD);
    this.#row = 0;
    if (this.#header === undefined) return;
    this.xml.write(this.#header);
    this.#row = 1;
  }

  end(): void {
    this.xml.write(TAIL);
  }

  /**
   * Writes the next record as a row; false where the bytes given do not hold the whole of it. Throws AppError `unprocessable_file`
   * for a text that is longer than a cell holds.
   */
  next(): boolean {
    const end = this.#recordEnd();
    if (end < 0) return false;
    const from = this.xml.length;
    this.xml.write(ROW);
    this.xml.writeNumber(++this.#row);
    this.xml.write(ROW_OPEN);
    let at = this.#at;
    for (let column = 0; at <= end; column++) at = this.#writeField(column, at, end) + 1;
    this.xml.write(ROW_END);
    this.#at = end + 1;
    if (this.#header === undefined) this.#header = this.xml.since(from);
    else this.records++;
    return true;
  }

  /** No more records fit into the sheet. */
  get isFull(): boolean {
    return this.#row === this.#mostRows;
  }

  #recordEnd(): number {
    const buf = this.#buf;
    let isQuoted = false;
    for (let i = this.#at; i < this.#held; i++) {
      if (buf[i] === QUOTE) isQuoted = !isQuoted;
      else if (buf[i] === LF && !isQuoted) return i;
    }
    return -1;
  }

  /** Returns where the field ends: at a comma or at the end of the record. */
  #writeField(column: number, start: number, recordEnd: number): number {
    const buf = this.#buf;
    if (buf[start] !== QUOTE) {
      let end = start;
      while (end < recordEnd && buf[end] !== COMMA) end++;
      if (end > start) this.#writeCell(column, buf, start, end);
      return end;
    }
    let length = 0;
    let i = start + 1;
    for (; i < recordEnd; i++) {
      if (buf[i] === QUOTE && buf[++i] !== QUOTE) break;
      if (length === this.#field.length) this.#field = twice(this.#field);
      this.#field[length++] = buf[i]!;
    }
    this.#writeCell(column, this.#field, 0, length);
    return i;
  }

  #writeCell(column: number, from: Uint8Array, start: number, end: number): void {
    const { xml } = this;
    xml.write(CELL);
    xml.write(this.#letters[column]!);
    xml.writeNumber(this.#row);
    const isHeader = this.#header === undefined;
    if (isHeader || this.#columns[column]!.isText || !this.#writeTyped(from, start, end)) {
      if (utf16Length(from, start, end) > LONGEST_TEXT) throw this.#tooLong(column);
      xml.write(TEXT[isHeader ? 1 : 0]!);
      xml.writeText(from, start, end);
      xml.write(TEXT_END);
    }
  }

  #writeTyped(from: Uint8Array, start: number, end: number): boolean {
    const { xml } = this;
    const serial = serialOf(from, start, end);
    const bit = booleanOf(from, start, end);
    if (serial >= 0) {
      xml.write(DATE);
      xml.writeNumber(serial);
    } else if (bit >= 0) {
      xml.write(BOOLEAN);
      xml.writeNumber(bit);
    } else if (isExactInteger(from, start, end)) {
      xml.write(NUMBER);
      xml.writeText(from, start, end);
    } else return false;
    xml.write(VALUE_END);
    return true;
  }

  #tooLong(column: number): AppError {
    const { name } = this.#columns[column]!;
    return new AppError(
      'unprocessable_file',
      `Column ${name} holds a text of more than ${LONGEST_TEXT} characters, which no cell of a workbook can.`,
    );
  }
}

/** `A` to `Z`, `AA` and so on, of a 0-based column. */
const columnName = (column: number): string =>
  (column >= 26 ? columnName(Math.floor(column / 26) - 1) : '') + String.fromCharCode(65 + (column % 26));

/** A character of four bytes takes two units. */
function utf16Length(from: Uint8Array, start: number, end: number): number {
  if (end - start <= LONGEST_TEXT) return end - start;
  let units = 0;
  for (let i = start; i < end; i++) {
    const byte = from[i]!;
    if (byte < 0x80 || byte >= 0xc0) units += byte >= 0xf0 ? 2 : 1;
  }
  return units;
}

function twice(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(2 * bytes.length);
  larger.set(bytes);
  return larger;
}
