import { InflateMeter, memberName } from '@attune/formats';
import type { InputFile } from '../scratch-file.js';
import type { Sample } from './sampled-bytes.js';
import { Workbook, type WorkbookPlace } from './xlsx.js';
import type { Sheet } from './xlsx-choice.js';

/** Names of other sheets that are told. */
const TOLD = 20;

/** The first rows of a workbook's sheet as text of at most `bytes` bytes. Throws what `Workbook` does. */
export async function workbookSample(file: InputFile, place: WorkbookPlace, bytes: number): Promise<Sample> {
  const workbook = await Workbook.open(file, place);
  const meter = new InflateMeter(place.inflatedBytes, file.size);
  const head = new Uint8Array(bytes);
  let held = 0;
  let isWhole = true;
  for await (const piece of workbook.decode()) {
    meter.take(piece.bytes.length, piece.consumed);
    const room = Math.min(piece.bytes.length, bytes - held);
    head.set(piece.bytes.subarray(0, room), held);
    held += room;
    isWhole = room === piece.bytes.length;
    if (!isWhole) break;
  }
  const others = workbook.sheets.filter((sheet) => sheet !== workbook.sheet);
  return {
    container: 'xlsx',
    evidence: evidence(workbook.sheet, others, typeof place.table === 'string'),
    head: head.subarray(0, held),
    windows: [],
    size: isWhole ? held : held + 1,
    fileSize: file.size,
    table: workbook.sheet.name,
    findings: others.some(({ hidden }) => !hidden) ? ['sheet.others_unread'] : [],
  };
}

function evidence(sheet: Sheet, others: readonly Sheet[], isNamed: boolean): string[] {
  const why = isNamed ? 'which was asked for' : 'the first visible one that holds records';
  const read = `The file is a workbook, told by its parts; its sheet ${quoted(sheet)} is read, ${why}.`;
  if (others.length === 0) return [read];
  const names = others.slice(0, TOLD).map((other) => `${quoted(other)}${other.hidden ? ' (hidden)' : ''}`);
  return [read, `Sheets that are not read: ${names.join(', ')}${others.length > TOLD ? ` and ${others.length - TOLD} more` : ''}.`];
}

const quoted = ({ name }: Sheet): string => `“${memberName(name)}”`;
