import { AppError, FINDING_KINDS, type Finding } from '@attune/core';
import {
  SharedStrings,
  SharedStringsPart,
  SheetPart,
  StylesPart,
  WorkbookPart,
  type NumberFormat,
  type Relationship,
  type SheetEntry,
} from '@attune/formats';
import type { InputFile } from '../scratch-file.js';
import { chooseSheet, type Sheet } from './xlsx-choice.js';
import { OfficePackage } from './xlsx-package.js';
import { StringsFile } from './xlsx-strings-file.js';
import type { Decoding } from './zlib-stream.js';

/** What a workbook may take, and which of its sheets is meant. */
export interface WorkbookPlace {
  /** Where shared strings go that are too many for memory; without it they stay in memory. */
  readonly scratch?: string | undefined;
  /** Inflated bytes of its parts at most. */
  readonly inflatedBytes: number;
  /** Name of a sheet; else the first visible one that holds records. */
  readonly table?: string | null | undefined;
}

const BINARY = '.bin';

const notRead = (why: string): AppError => new AppError('unprocessable_file', why);

/**
 * A workbook (ECMA-376), of which one sheet is read as delimited text: UTF-8, comma, double quotes, LF, a line for each row. Of the package
 * only those parts are opened that say what is in the sheet; macros are never looked at.
 */
export class Workbook {
  /** In the order of their tabs. */
  readonly sheets: readonly Sheet[];
  /** The one that is read. */
  readonly sheet: Sheet;
  readonly #package: OfficePackage;
  readonly #relationships: readonly Relationship[];
  readonly #date1904: boolean;
  readonly #scratch: string | undefined;
  #unsolved: ReadonlyMap<number, number> = new Map();

  private constructor(parts: OfficePackage, relationships: readonly Relationship[], sheets: readonly Sheet[], sheet: Sheet, rest: Rest) {
    this.#package = parts;
    this.#relationships = relationships;
    this.sheets = sheets;
    this.sheet = sheet;
    this.#date1904 = rest.date1904;
    this.#scratch = rest.scratch;
  }

  /** True for a zip that is an Office document, whichever. Throws AppError `container.corrupt`, `zip_bomb` or `encrypted_file`. */
  static async isIn(file: InputFile): Promise<boolean> {
    return (await OfficePackage.open(file, Infinity)) !== undefined;
  }

  /**
   * Finds the sheet to be read. Throws AppError `container.corrupt`, `zip_bomb` or `encrypted_file`, and `unprocessable_file` for another
   * kind of document or a sheet that is not there.
   */
  static async open(file: InputFile, { scratch, inflatedBytes, table }: WorkbookPlace): Promise<Workbook> {
    const parts = await OfficePackage.open(file, inflatedBytes);
    if (parts === undefined) throw notRead('The file is no workbook.');
    const main = (await parts.relationships('')).find(({ type }) => type === 'officeDocument')?.target ?? 'xl/workbook.xml';
    if (main.toLowerCase().endsWith(BINARY)) throw notRead('The file is a binary workbook (.xlsb); save it as .xlsx.');
    const book = new WorkbookPart();
    if (!(await parts.read(main, book)) || !book.isWorkbook) throw notRead('The file is an Office document, but no workbook.');
    const relationships = await parts.relationships(main);
    const sheets = book.sheets.flatMap((sheet) => sheetOf(sheet, relationships));
    const sheet = await chooseSheet(sheets, table, parts);
    return new Workbook(parts, relationships, sheets, sheet, { date1904: book.date1904, scratch });
  }

  /** The text of the sheet. Throws AppError `container.corrupt`, `zip_bomb` or `unprocessable_file`. */
  async *decode(): Decoding {
    const parts = this.#package;
    const spill = this.#scratch === undefined ? undefined : new StringsFile(this.#scratch);
    try {
      parts.restart();
      const strings = new SharedStrings(spill);
      const formats = await this.#formats();
      await this.#read('sharedStrings', new SharedStringsPart(strings));
      const sheet = new SheetPart({ strings, formats, date1904: this.#date1904 });
      this.#unsolved = sheet.unsolved;
      for await (const piece of parts.pieces(this.sheet.part)) {
        sheet.tokens.give(piece);
        while (sheet.read()) yield { bytes: sheet.text.take(), consumed: parts.consumed };
      }
      sheet.finish();
      yield { bytes: sheet.text.take(), consumed: parts.consumed };
      return parts.consumed;
    } finally {
      spill?.close();
    }
  }

  /** What is to be told of the sheet, once all of it was decoded. */
  get findings(): readonly Finding[] {
    const code = 'sheet.formula_without_result';
    return [...this.#unsolved].map(([column, line]) => ({ code, severity: FINDING_KINDS[code].severity, member: '', line, column }));
  }

  async #formats(): Promise<readonly NumberFormat[]> {
    const styles = new StylesPart();
    await this.#read('styles', styles);
    return styles.formats;
  }

  async #read(type: string, part: { read: SharedStringsPart['read'] }): Promise<void> {
    const target = this.#relationships.find((relationship) => relationship.type === type)?.target;
    if (target === undefined) return;
    if (!(await this.#package.read(target, part))) throw new AppError('container.corrupt', 'A part of the workbook is missing.');
  }
}

interface Rest {
  readonly date1904: boolean;
  readonly scratch: string | undefined;
}

/** Sheets of charts and dialogs hold no cells. */
function sheetOf(sheet: SheetEntry, relationships: readonly Relationship[]): readonly Sheet[] {
  const relationship = relationships.find(({ id }) => id === sheet.relationship);
  if (relationship === undefined) throw new AppError('container.corrupt', 'A sheet of the workbook has no part.');
  return relationship.type === 'worksheet' ? [{ ...sheet, part: relationship.target }] : [];
}
