import { AppError } from '@attune/core';
import { SheetPart, type SheetContext, type SheetEntry } from '@attune/formats';
import type { OfficePackage } from './xlsx-package.js';

/** A sheet of cells, with the name of its part. */
export interface Sheet extends SheetEntry {
  readonly part: string;
}

/** A header and one record. */
const ROWS_OF_RECORDS = 2;

/** What a look at the first rows makes of cells: there is something, whatever it is. */
const ANYTHING: SheetContext = {
  strings: { find: () => true, bytes: Uint8Array.of(0x78), start: 0, end: 1 },
  formats: [],
  date1904: false,
};

/**
 * The sheet of the name, without regard to case; else the first visible one with more than one row that holds anything, else with one,
 * else the first visible one. Throws AppError `unprocessable_file` where there is none, which quotes no name.
 */
export async function chooseSheet(sheets: readonly Sheet[], name: string | null | undefined, parts: OfficePackage): Promise<Sheet> {
  if (typeof name === 'string') return namedSheet(sheets, name);
  const visible = sheets.filter(({ hidden }) => !hidden);
  const first = visible[0];
  if (first === undefined) throw new AppError('unprocessable_file', 'The workbook has no visible sheet of cells.');
  if (visible.length === 1) return first;
  let filled: Sheet | undefined;
  for (const sheet of visible) {
    const rows = await firstRows(sheet, parts);
    if (rows >= ROWS_OF_RECORDS) return sheet;
    if (rows > 0) filled ??= sheet;
  }
  return filled ?? first;
}

function namedSheet(sheets: readonly Sheet[], name: string): Sheet {
  const found = sheets.find((sheet) => sheet.name === name) ?? sheets.find((sheet) => sheet.name.toLowerCase() === name.toLowerCase());
  if (found === undefined) {
    throw new AppError(
      'unprocessable_file',
      `The workbook has no sheet of the name that is asked for; it has ${sheets.length} of other names.`,
    );
  }
  return found;
}

/** How many rows hold anything; it stops counting when there are enough. */
async function firstRows({ part }: Sheet, parts: OfficePackage): Promise<number> {
  const sheet = new SheetPart(ANYTHING);
  for await (const piece of parts.pieces(part)) {
    sheet.tokens.give(piece);
    while (sheet.read()) sheet.text.take();
    if (sheet.text.rows >= ROWS_OF_RECORDS) break;
    sheet.text.take();
  }
  return sheet.text.rows;
}
