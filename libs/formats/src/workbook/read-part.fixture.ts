import { Buffer } from 'node:buffer';
import { GENERAL, type NumberFormat } from './number-format.js';
import { SharedStrings, SharedStringsPart } from './shared-strings.js';
import { SheetPart } from './sheet-part.js';
import { XmlTokens } from './xml-tokens.js';

/** Leads a text through a part in pieces of so many bytes. */
export function readPart<Part extends { read(tokens: XmlTokens): void }>(part: Part, xml: string, bytes = 1 << 16): Part {
  const tokens = new XmlTokens();
  for (const piece of piecesOf(xml, bytes)) {
    tokens.give(piece);
    part.read(tokens);
  }
  tokens.finish();
  return part;
}

/** The text of a sheet whose rows are given, read in pieces of so many bytes. */
export function sheetText(
  rows: string,
  { strings = [], formats = [], date1904 = false, bytes = 1 << 16 }: Partial<SheetQuestion> = {},
): { text: string; sheet: SheetPart } {
  const shared = new SharedStrings();
  readPart(new SharedStringsPart(shared), `<sst>${strings.map((one) => `<si>${one}</si>`).join('')}</sst>`, bytes);
  const sheet = new SheetPart({ strings: shared, formats: formats.map((format) => format ?? GENERAL), date1904 });
  const taken: Uint8Array[] = [];
  for (const piece of piecesOf(`<worksheet><cols><col min="1"/></cols><sheetData>${rows}</sheetData></worksheet>`, bytes)) {
    sheet.tokens.give(piece);
    while (sheet.read()) taken.push(sheet.text.take());
  }
  sheet.finish();
  return { text: Buffer.concat([...taken, sheet.text.take()]).toString('utf8'), sheet };
}

interface SheetQuestion {
  /** Content of each `si`. */
  readonly strings: readonly string[];
  readonly formats: readonly (NumberFormat | undefined)[];
  readonly date1904: boolean;
  readonly bytes: number;
}

function* piecesOf(text: string, bytes: number): Generator<Uint8Array> {
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += bytes) yield all.subarray(at, at + bytes);
}
