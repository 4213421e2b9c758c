import { MENDING_COLUMNS, type QuarantineRecord } from '@attune/api';
import type { Plan } from '@attune/core';
import { openMended } from '@attune/pipeline';

/** Names of the source columns where records are mended, in their order; each is unique and none is one of ours. */
export function sourceNames({ columns }: Plan): readonly string[] {
  const taken = new Set<string>(MENDING_COLUMNS);
  return columns.map(({ ordinal, name }) => {
    const wanted = name.trim() || `column_${ordinal + 1}`;
    let unique = wanted;
    for (let nth = 2; taken.has(unique); nth++) unique = `${wanted}.${nth}`;
    taken.add(unique);
    return unique;
  });
}

/** The record as a text without its line end; undefined where its line in the quarantine holds only the beginning of it. */
export function receivedText(record: QuarantineRecord, plan: Plan): string | undefined {
  const { raw, raw_base64: base64, byte_length: length, generation } = record;
  const bytes = raw === undefined ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(raw, 'utf8');
  return bytes.length < length ? undefined : decoded(bytes, generation === undefined ? plan.encoding : 'utf-8');
}

/** Bytes of the source as text, without the line end; what is no character becomes U+FFFD, for a person to put right. */
export function decoded(bytes: Uint8Array, encoding: Plan['encoding']): string {
  const text =
    encoding === 'iso-8859-1' ? Buffer.from(bytes).toString('latin1') : new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes);
  return text.replace(/\r?\n$|\r$/, '');
}

/**
 * The values of the source columns, cut as the source is cut. Undefined where the record cannot be cut, among them one with too many fields;
 * one with too few is cut as far as it goes.
 */
export function cut(text: string, plan: Plan): readonly string[] | undefined {
  const { columns } = plan;
  const whole = fieldsOf(text, plan);
  if (typeof whole !== 'number') return whole;
  if (whole === 0 || whole >= columns.length) return undefined;
  const some = fieldsOf(text, { ...plan, columns: columns.slice(0, whole) });
  return typeof some === 'object' ? [...some, ...Array<string>(columns.length - whole).fill('')] : undefined;
}

/** The fields; else the column at fault, where the record has too many or too few. */
function fieldsOf(text: string, plan: Plan): readonly string[] | number | undefined {
  const { bytes, reader } = openMended({ text }, plan);
  reader.read(bytes, 0, bytes.length, true);
  const { batch, rejected, offset } = reader;
  const [refused] = rejected;
  if (batch.n + rejected.length !== 1 || offset !== bytes.length) return undefined;
  if (refused !== undefined) return refused.code === 'csv.field_count' ? refused.column : undefined;
  return plan.columns.map((_, c) => Buffer.from(batch.buf).toString('utf8', Math.max(0, batch.starts[c]!), Math.max(0, batch.ends[c]!)));
}
