import { Buffer, isUtf8 } from 'node:buffer';
import type { Encoding, LayoutColumn } from '@attune/core';
import type { TextPlan } from './record-reader.js';

/** One record as a reader has to give it: with its fields, or with the code that sets it aside. */
export interface OracleRecord {
  record: number;
  line: number;
  byteOffset: number;
  byteLength: number;
  fields?: string[];
  code?: string;
  column?: number | undefined;
}

export interface OracleReading {
  records: OracleRecord[];
  bytes: { header: number; accepted: number; quarantined: number; blank: number; comment: number };
}

type Parsed = { fields: readonly string[]; end: number } | { code: string; column: number; end: number };

/** Stands for a single byte at the end of UTF-16; no generator writes it. */
const HALF = '\ufffe';

/** The 32 characters from 0x80 on, as they are printed; the TextDecoder of Node.js 20 takes them for latin-1. */
const WINDOWS_1252 = '€?‚ƒ„…†‡ˆ‰Š‹Œ?Ž??‘’“”•–—˜™š›œ?žŸ';

/** A text as characters of one unit each (a byte as latin-1, or a code unit), so that offsets are a matter of multiplying. */
class Units {
  readonly text: string;
  private readonly size: number;
  private readonly half: boolean;

  constructor(
    bytes: Uint8Array,
    private readonly encoding: Encoding,
  ) {
    const wide = encoding === 'utf-16le' || encoding === 'utf-16be';
    this.size = wide ? 2 : 1;
    this.half = wide && bytes.length % 2 === 1;
    const even = Buffer.from(bytes.subarray(0, bytes.length - (this.half ? 1 : 0)));
    if (encoding === 'utf-16be') even.swap16();
    this.text = wide ? even.toString('utf16le') + (this.half ? HALF : '') : even.toString('latin1');
  }

  offset(unit: number): number {
    return unit * this.size - (this.half && unit === this.text.length ? 1 : 0);
  }

  /** The first unit of the piece that is no character of the encoding, or -1. */
  invalidAt(piece: string): number {
    if (this.size === 2)
      return Array.from({ length: piece.length }, (_, i) => i).find((i) => isUnpaired(piece, i) || piece[i] === HALF) ?? -1;
    if (this.encoding === 'iso-8859-1') return -1;
    if (this.encoding === 'windows-1252') return piece.search(/[\x81\x8d\x8f\x90\x9d]/);
    const bytes = Buffer.from(piece, 'latin1');
    if (isUtf8(bytes)) return -1;
    let end = bytes.length;
    while (!isUtf8(bytes.subarray(0, end))) end--;
    return end;
  }

  /** True when a field may not begin or end before this unit of the line. */
  splits(line: string, at: number): boolean {
    if (at >= line.length) return false;
    if (this.size === 2) return /[\ud800-\udbff][\udc00-\udfff]/.test(line.slice(Math.max(0, at - 1), at + 1)) && at > 0;
    return this.encoding === 'utf-8' && (line.charCodeAt(at) & 0xc0) === 0x80;
  }

  value(piece: string): string {
    if (this.size === 2 || this.encoding === 'iso-8859-1') return piece;
    if (this.encoding === 'utf-8') return Buffer.from(piece, 'latin1').toString('utf8');
    return piece.replace(/[\x80-\x9f]/g, (byte) => WINDOWS_1252[byte.charCodeAt(0) - 0x80]!);
  }

  /** Bytes of a line in the bytes that limits count: as received, of UTF-16 in UTF-8. */
  bytesOf(line: string): number {
    return this.size === 2 ? Buffer.byteLength(line.replace(HALF, '?')) : line.length;
  }

  prefix(prefix: string): string {
    if (this.encoding === 'utf-8') return Buffer.from(prefix).toString('latin1');
    if (this.encoding !== 'windows-1252') return prefix;
    const byte = (character: string): string =>
      Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).find((one) => this.value(one) === character)!;
    return Array.from(prefix, byte).join('');
  }
}

function isUnpaired(text: string, at: number): boolean {
  const unit = text.charCodeAt(at) & 0xfc00;
  if (unit === 0xd800) return (text.charCodeAt(at + 1) & 0xfc00) !== 0xdc00;
  return unit === 0xdc00 && !(at > 0 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800);
}

const LINE_END = /\r\n|\n|\r/g;
const lineEndAt = (text: string, p: number): number => /^(\r\n|\n|\r)?/.exec(text.slice(p, p + 2))![0].length;
const lineEnds = (text: string): number => (text.match(LINE_END) ?? []).length;
const endOfLine = (text: string, p: number): number => p + /^[^\r\n]*/.exec(text.slice(p))![0].length;
const nextLine = (text: string, p: number): number => endOfLine(text, p) + lineEndAt(text, endOfLine(text, p));

/** A record of delimited text from `start` on; there are no limits here. */
function parseDelimited(text: string, start: number, { dialect }: TextPlan): Parsed {
  const delimiter = String.fromCharCode(dialect.delimiter);
  const quote = dialect.quote === 0 ? undefined : String.fromCharCode(dialect.quote);
  const fields: string[] = [];
  for (let at = start; ; at++) {
    const column = fields.length;
    if (quote !== undefined && text[at] === quote) {
      const match = new RegExp(`^${quote}((?:[^${quote}]|${quote}${quote})*)${quote}(?!${quote})`).exec(text.slice(at));
      if (match === null) return { code: 'csv.unterminated_quote', column, end: nextLine(text, at) };
      fields.push(match[1]!.replaceAll(quote + quote, quote));
      const end = at + match[0].length;
      if (end < text.length && ![delimiter, '\r', '\n'].includes(text[end]!))
        return { code: 'csv.stray_quote', column, end: nextLine(text, at) };
      at = end;
    } else {
      let end = at;
      while (end < text.length && ![delimiter, '\r', '\n'].includes(text[end]!)) end++;
      fields.push(text.slice(at, end));
      at = end;
    }
    if (text[at] !== delimiter) return { fields, end: at + lineEndAt(text, at) };
  }
}

function parseFixed(text: string, start: number, layout: readonly LayoutColumn[], units: Units): Parsed {
  const line = text.slice(start, endOfLine(text, start));
  const end = nextLine(text, start);
  const length = Math.max(...layout.map((column) => column.start + column.length));
  if (line === HALF) return { code: 'text.invalid_encoding', column: 0, end };
  const whole = line.replace(HALF, '');
  if (whole.length !== length) {
    const missing = layout.findIndex((column) => column.start + column.length > whole.length);
    return { code: 'fixed_width.length', column: missing < 0 || whole.length > length ? layout.length : missing, end };
  }
  const cut = layout.findIndex((column) => units.splits(whole, column.start) || units.splits(whole, column.start + column.length));
  if (cut >= 0) return { code: 'text.invalid_encoding', column: cut, end };
  const reach = (column: LayoutColumn): number => (column.start + column.length === length ? line.length : column.start + column.length);
  const fields = layout.map((column) => line.slice(column.start, reach(column)).replace(/ +$/, ''));
  const bad = units.invalidAt(line);
  if (bad < 0) return { fields, end };
  return { code: 'text.invalid_encoding', column: layout.findIndex(({ start: at }, i) => at <= bad && bad < at + fields[i]!.length), end };
}

/** The reader written to be read: the whole text at hand, one string per field, no limits but the one for trailers. */
export function oracleReading(source: Uint8Array, plan: TextPlan, width: number, trailerBytes = 1 << 16): OracleReading {
  const units = new Units(source, plan.encoding);
  const { text } = units;
  const mark = plan.encoding.startsWith('utf-16') ? plan.dialect.bom / 2 : plan.dialect.bom;
  const reading: OracleReading = { records: [], bytes: { header: 0, accepted: 0, quarantined: 0, blank: 0, comment: 0 } };
  const { bytes, records } = reading;
  const begins = (rule: { readonly prefix: string } | null, p: number): boolean =>
    rule !== null && text.startsWith(units.prefix(rule.prefix), p);
  const trailer = plan.trailers;
  let p = Math.min(mark, text.length);
  let line = 1;
  let header = plan.dialect.header;
  let stop = header ? text.length : trailersStart(units, p, plan, trailerBytes);
  const pass = (end: number, into: keyof OracleReading['bytes'], lines: number): void => {
    bytes[into] += units.offset(end) - units.offset(p);
    line += lines;
    p = end;
  };
  bytes.header = units.offset(p);
  while (p < stop) {
    const visible = text.slice(0, stop);
    if (lineEndAt(visible, p) > 0) {
      pass(p + lineEndAt(visible, p), 'blank', 1);
    } else if (begins(plan.comments, p) || (!header && trailer !== null && 'prefix' in trailer && begins(trailer, p))) {
      pass(nextLine(visible, p), 'comment', 1);
    } else {
      const parsed = plan.layout === null ? parseDelimited(visible, p, plan) : parseFixed(visible, p, plan.layout, units);
      const lines = Math.max(1, lineEnds(text.slice(p, parsed.end)));
      if (header) {
        pass(parsed.end, 'header', lines);
        header = false;
        stop = trailersStart(units, p, plan, trailerBytes);
      } else {
        const start = units.offset(p);
        const place = { record: records.length + 1, line, byteOffset: start, byteLength: units.offset(parsed.end) - start };
        const result = judge(parsed, width, units, text.slice(p, parsed.end));
        records.push({ ...place, ...result });
        pass(parsed.end, 'fields' in result ? 'accepted' : 'quarantined', lines);
      }
    }
  }
  while (p < text.length) {
    const blank = lineEndAt(text, p);
    pass(blank > 0 ? p + blank : nextLine(text, p), blank > 0 ? 'blank' : 'comment', 1);
  }
  return reading;
}

function judge(parsed: Parsed, width: number, units: Units, whole: string): { fields: string[] } | { code: string; column?: number } {
  if ('code' in parsed) return { code: parsed.code, ...(parsed.column < 0 ? {} : { column: parsed.column }) };
  if (parsed.fields.length !== width) {
    if (whole === HALF) return { code: 'text.invalid_encoding', column: 0 };
    return { code: 'csv.field_count', column: Math.min(parsed.fields.length, width) };
  }
  const bad = parsed.fields.findIndex((field) => units.invalidAt(field) >= 0);
  return bad >= 0 ? { code: 'text.invalid_encoding', column: bad } : { fields: parsed.fields.map((field) => units.value(field)) };
}

/** Where the declared last lines begin: the last ones that hold something, and none before a line that is too long for a trailer. */
function trailersStart(units: Units, from: number, { trailers }: TextPlan, trailerBytes: number): number {
  const { text } = units;
  if (trailers === null || 'prefix' in trailers) return text.length;
  const starts: number[] = [];
  for (let p = from; p < text.length; p = nextLine(text, p)) if (lineEndAt(text, p) === 0) starts.push(p);
  let start = text.length;
  for (let left = trailers.lines; left > 0 && starts.length > 0; left--) {
    const p = starts.pop()!;
    if (units.bytesOf(text.slice(p, endOfLine(text, p))) > trailerBytes) break;
    start = p;
  }
  return start;
}
