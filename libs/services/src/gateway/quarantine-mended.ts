import { QuarantineRecord } from '@attune/api';
import type { ErrorPlace, Plan } from '@attune/core';
import type { MendedRecord } from '@attune/pipeline';
import { cut, receivedText, sourceNames } from './quarantine-cells.js';
import { quarantineRecord } from './quarantine-record.js';
import { refuseSent, type SentRecord } from './quarantine-sent.js';

/** Blocks of lines of the quarantine. */
type Blocks = AsyncIterable<readonly string[]>;

/**
 * What was changed of what was sent, in the order of the source. Records that came back as they were are left out.
 * @throws AppError unprocessable_file naming every record that is not in the quarantine, came twice, names a column that is not there, or was
 * changed in two ways.
 */
export async function mendedRecords(sent: readonly SentRecord[], quarantine: Blocks, plan: Plan): Promise<readonly MendedRecord[]> {
  const places: ErrorPlace[] = [];
  const wanted = new Map<number, SentRecord>();
  for (const one of sent) {
    if (wanted.has(one.record)) places.push(place(one, 'duplicate', `Record ${one.record} was sent twice.`));
    wanted.set(one.record, one);
  }
  const names = sourceNames(plan);
  const mended: MendedRecord[] = [];
  const found = new Set<number>();
  for await (const lines of quarantine) {
    for (const received of lines.map(quarantineRecord)) {
      const one = wanted.get(received.record);
      if (one === undefined) continue;
      found.add(received.record);
      const change = changeOf(one, received, plan, names);
      if ('code' in change) places.push(change);
      else if (change.text !== undefined || change.values !== undefined) mended.push({ ...placeOf(received), ...change });
    }
  }
  for (const one of wanted.values())
    if (!found.has(one.record)) places.push(place(one, 'not_quarantined', `Record ${one.record} is not in the quarantine.`));
  if (places.length > 0) refuseSent(`${places.length} of ${sent.length} records cannot be taken; nothing was changed.`, places);
  return mended.sort((a, b) => a.record - b.record);
}

type Change = Pick<MendedRecord, 'text' | 'values'>;

function changeOf(sent: SentRecord, received: QuarantineRecord, plan: Plan, names: readonly string[]): Change | ErrorPlace {
  const unknown = [...sent.values.keys()].find((name) => !names.includes(name));
  if (unknown !== undefined) return place(sent, 'unknown_column', `Record ${sent.record} names a column that the source does not have.`);
  const before = receivedText(received, plan);
  const text =
    sent.text !== undefined && sent.text !== '' && !isSame(sent.text, before) && !isSame(sent.text, received.raw) ? sent.text : undefined;
  const cells = before === undefined ? undefined : cut(before, plan);
  const after = names.map((name, i) => sent.values.get(name) ?? cells?.[i] ?? '');
  const changed = after.some((value, i) => !isSame(value, cells?.[i] ?? ''));
  if (text !== undefined && changed) return place(sent, 'ambiguous', `Record ${sent.record} was changed in _raw and in its columns.`);
  if (text !== undefined) {
    if (plan.format === 'sql-dump')
      return place(sent, 'text_of_dump', `Record ${sent.record} of a dump can be mended by its columns only.`);
    return { text };
  }
  return changed ? { values: after } : {};
}

/** Spreadsheets write the line breaks inside of cells in their own way. */
function isSame(one: string, other: string | undefined): boolean {
  return other !== undefined && normal(one) === normal(other);
}

const normal = (text: string): string => text.replaceAll(/\r\n?/g, '\n').replace(/\n$/, '');

function placeOf({ record, member, line, byte_offset }: QuarantineRecord): Omit<MendedRecord, 'text' | 'values'> {
  return { record, member, line, byte_offset };
}

function place({ pointer }: SentRecord, code: string, message: string): ErrorPlace {
  return { pointer: `${pointer}/_record`, code, message };
}
