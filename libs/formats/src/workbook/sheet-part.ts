import { columnOf, wholeNumber, typeOf, CELL, type CellType } from './cell-attributes.js';
import { isPlainNumber, numberText } from './cell-number.js';
import { GENERAL, padded, type NumberFormat } from './number-format.js';
import { DAY_BYTES, serialText, writeDay } from './serial-date.js';
import { SheetText } from './sheet-text.js';
import { TextBytes } from './text-bytes.js';
import { corrupt, TOKEN, xmlName, XmlTokens } from './xml-tokens.js';

/** Where shared strings are looked up: `find` leaves the one of a 0-based index in `bytes` from `start` to `end`, quoted where it must be. */
export interface StringsFound {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly find: (index: number) => boolean;
}

/** What the cells of a sheet refer to. */
export interface SheetContext {
  readonly strings: StringsFound;
  /** Number format by style index. */
  readonly formats: readonly NumberFormat[];
  readonly date1904: boolean;
}

const SHEET_DATA = xmlName('sheetData');
const ROW = xmlName('row');
const C = xmlName('c');
const V = xmlName('v');
const F = xmlName('f');
const IS = xmlName('is');
const T = xmlName('t');
const RPH = xmlName('rPh');
const REFERENCE = xmlName('r');
const TYPE = xmlName('t');
const STYLE = xmlName('s');

/** Sheets end here (ECMA-376 leaves it open; every program stops at it). */
export const MOST_ROWS = 1_048_576;
export const MOST_COLUMNS = 16_384;
/** Elements from the root to a cell: worksheet, sheetData, row, c. */
const CELL_DEPTH = 4;

/**
 * Reads the part of a workbook that is a sheet (ECMA-376 part 1, 18.3) and makes delimited text of it. Of a formula the result counts that
 * was stored with it. Bytes go in by `give` and out by `text.take()`; between the two `read` is called while it returns true.
 * Throws AppError `container.corrupt` for what cannot be a sheet.
 */
export class SheetPart {
  readonly text = new SheetText();
  readonly tokens = new XmlTokens();
  /** Row of the first formula without a stored result, by column. */
  readonly unsolved = new Map<number, number>();
  readonly #context: SheetContext;
  readonly #value = new TextBytes();
  #inData = false;
  #row = 0;
  #column = -1;
  #type: CellType = CELL.NUMBER;
  #format: NumberFormat = GENERAL;
  #inCell = false;
  #inValue = false;
  #inString = false;
  #inText = false;
  #hasFormula = false;
  #hasValue = false;
  #phonetic = 0;

  constructor(context: SheetContext) {
    this.#context = context;
  }

  /** Reads on; true: there is text to be taken, and more to be read from what was given. */
  read(): boolean {
    const { tokens, text } = this;
    for (;;) {
      switch (tokens.next()) {
        case TOKEN.MORE:
          return false;
        case TOKEN.START:
          this.#begin();
          break;
        case TOKEN.END:
          if (this.#inData) this.#end();
          if (text.isFull) return true;
          break;
        case TOKEN.TEXT:
          if (this.#inValue) tokens.textInto(this.#value, this.#type === CELL.TEXT);
          else if (this.#inText) tokens.textInto(this.#value, true);
      }
    }
  }

  /** All bytes were given and read. */
  finish(): void {
    this.tokens.finish();
    this.text.finish();
  }

  #begin(): void {
    const { tokens } = this;
    const { name, depth } = tokens;
    if (!this.#inData) {
      this.#inData = name === SHEET_DATA && depth === CELL_DEPTH - 2;
    } else if (depth === CELL_DEPTH && name === C) {
      this.#beginCell();
    } else if (depth === CELL_DEPTH - 1 && name === ROW) {
      this.#beginRow();
    } else if (depth === CELL_DEPTH + 1 && this.#inCell) {
      if (name === V) {
        this.#inValue = true;
        this.#hasValue = true;
      } else if (name === IS) this.#inString = true;
      else if (name === F) this.#hasFormula = true;
    } else if (this.#inString) {
      if (name === RPH) this.#phonetic++;
      else if (name === T) this.#inText = this.#phonetic === 0;
    }
  }

  #end(): void {
    const { name, depth } = this.tokens;
    if (depth === CELL_DEPTH - 1 && this.#inCell) this.#endCell();
    else if (depth === CELL_DEPTH) {
      this.#inValue = false;
      if (name === IS) this.#inString = false;
    } else if (depth === CELL_DEPTH - 3) this.#inData = false;
    else if (this.#inString) {
      if (name === RPH) this.#phonetic--;
      else if (name === T) this.#inText = false;
    }
  }

  /** A row without a number follows the one before it, and so do cells without a reference. */
  #beginRow(): void {
    const { tokens } = this;
    const before = this.#row;
    this.#row = before + 1;
    this.#column = -1;
    while (tokens.nextAttribute()) {
      if (tokens.attribute === REFERENCE) this.#row = wholeNumber(tokens.buf, tokens.valueStart, tokens.valueEnd);
    }
    if (!(this.#row > before && this.#row <= MOST_ROWS)) throw corrupt('has rows that are out of order or beyond the last one');
  }

  #beginCell(): void {
    const { tokens } = this;
    const before = this.#column;
    this.#column = before + 1;
    this.#type = CELL.NUMBER;
    this.#format = GENERAL;
    while (tokens.nextAttribute()) {
      const { attribute, valueStart: start, valueEnd: end, buf } = tokens;
      if (attribute === REFERENCE) this.#column = columnOf(buf, start, end);
      else if (attribute === TYPE) this.#type = typeOf(buf, start, end);
      else if (attribute === STYLE) this.#format = this.#context.formats[wholeNumber(buf, start, end)] ?? GENERAL;
    }
    if (!(this.#column > before && this.#column < MOST_COLUMNS)) throw corrupt('has cells that are out of order or beyond the last column');
    this.#inCell = true;
    this.#inValue = this.#inString = this.#inText = this.#hasFormula = this.#hasValue = false;
    this.#phonetic = 0;
    this.#value.clear();
  }

  #endCell(): void {
    this.#inCell = false;
    const value = this.#value;
    if (this.#type !== CELL.TEXT && value.length > 0) trim(value);
    if (this.#hasFormula && !this.#hasValue && !this.unsolved.has(this.#column)) this.unsolved.set(this.#column, this.#row);
    if (value.length === 0) return;
    switch (this.#type) {
      case CELL.SHARED:
        return this.#putShared();
      case CELL.NUMBER:
        this.#readNumber();
        break;
      case CELL.BOOLEAN:
        if (value.length === 1 && value.bytes[0] === 0x31) value.setAscii('true');
        else if (value.length === 1 && value.bytes[0] === 0x30) value.setAscii('false');
        break;
      case CELL.TEXT:
      case CELL.OTHER: // error values and dates in ISO 8601 stay as they are written
    }
    this.text.put(this.#row, this.#column, value.bytes, 0, value.length);
  }

  #putShared(): void {
    const { strings } = this.#context;
    const value = this.#value;
    if (!strings.find(indexOf(value))) throw corrupt('refers to a shared string that is not there');
    if (strings.end > strings.start) this.text.putQuoted(this.#row, this.#column, strings.bytes, strings.start, strings.end);
  }

  #readNumber(): void {
    const value = this.#value;
    const format = this.#format;
    if (format === GENERAL && isPlainNumber(value.bytes, 0, value.length)) return;
    if (format.date && !format.time && writeDay(wholeNumber(value.bytes, 0, value.length), this.#context.date1904, value.bytes)) {
      value.length = DAY_BYTES;
      return;
    }
    const received = String.fromCharCode(...value.bytes.subarray(0, Math.min(value.length, LONGEST_NUMBER)));
    if (value.length > LONGEST_NUMBER) return;
    const text = shownText(received, format, this.#context.date1904) ?? numberText(received);
    if (text !== received) value.setAscii(text);
  }
}

const LONGEST_NUMBER = 64;

/** What the format makes of a number where that is another value, not another look. */
function shownText(received: string, format: NumberFormat, date1904: boolean): string | undefined {
  if (format.mask !== undefined) return /^\d+$/.test(received) ? padded(received, format.mask) : undefined;
  if (!format.date && !format.time && !format.duration) return undefined;
  return /^[-+.\deE]+$/.test(received) ? serialText(Number(received), format, date1904) : undefined;
}

function trim(text: TextBytes): void {
  while (text.length > 0 && text.bytes[text.length - 1]! <= 0x20) text.length--;
  let first = 0;
  while (first < text.length && text.bytes[first]! <= 0x20) first++;
  if (first === 0) return;
  text.bytes.copyWithin(0, first, text.length);
  text.length -= first;
}

/** A whole number, or -1. */
function indexOf(text: TextBytes): number {
  let index = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.bytes[i]! - 0x30;
    if (digit < 0 || digit > 9 || i === 10) return -1;
    index = index * 10 + digit;
  }
  return index;
}
