import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '@attune/core';
import { SheetRows, sheetPart, sheetsFor, workbookParts, type ResultColumn } from '@attune/outputs';
import yazl from 'yazl';
import { InputFile } from './scratch-file.js';

const CHUNK = 1 << 18;
/** What is held of a sheet before it is compressed. */
const PIECE = 1 << 17;

/** The same bytes at any time and in any time zone: zips know no time before this one, and it is told in the clock of this machine. */
const ENTRY = { mtime: new Date(1980, 0, 1), mode: 0o100644, forceDosTimestamp: true, compressionLevel: 6 } as const;

/**
 * Makes a workbook of a delimited text as DuckDB writes it, of so many records below its header. What does not fit into one sheet goes on in
 * further ones; `mostRows` of a sheet are those that programs can show. Memory does not grow with the text. Throws AppError
 * `unprocessable_file` for a text that is too long for a cell.
 */
export async function writeWorkbook(
  text: string,
  columns: readonly ResultColumn[],
  records: number,
  target: string,
  mostRows?: number,
): Promise<void> {
  const file = new InputFile(text);
  const zip = new yazl.ZipFile();
  try {
    const rows = new SheetRows(columns, mostRows);
    const chunks = file.chunks(0, file.size, CHUNK);
    const sheets = sheetsFor(records, mostRows);
    for (const [name, part] of workbookParts(sheets)) zip.addBuffer(Buffer.from(part), name, ENTRY);
    for (let sheet = 1; sheet <= sheets; sheet++) {
      zip.addReadStreamLazy(sheetPart(sheet), ENTRY, (give) => give(null, streamOf(sheetXml(rows, chunks), zip)));
    }
    zip.end();
    await pipeline(zip.outputStream, createWriteStream(target, { flags: 'wx', mode: 0o600 }));
    const left = rows.next() || chunks.next().done !== true;
    if (left || rows.records !== records) throw new AppError('engine.failed', `the workbook holds ${rows.records} records of ${records}`);
  } finally {
    file.close();
  }
}

/** yazl hears of a stream that fails as an event, which has to end the writing. */
function streamOf(xml: Iterable<Buffer>, zip: yazl.ZipFile): Readable {
  const stream = Readable.from(xml, { objectMode: false });
  stream.once('error', (error) => (zip.outputStream as Readable).destroy(error));
  return stream;
}

/** Each sheet takes up the chunks where the one before has left them. */
function* sheetXml(rows: SheetRows, chunks: Generator<Uint8Array>): Generator<Buffer> {
  rows.begin();
  while (!rows.isFull) {
    if (rows.next()) {
      if (rows.xml.length >= PIECE) yield rows.xml.take();
      continue;
    }
    const chunk = chunks.next();
    if (chunk.done === true) break;
    rows.give(chunk.value);
  }
  rows.end();
  yield rows.xml.take();
}
