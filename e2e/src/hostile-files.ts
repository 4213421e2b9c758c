import { gzipSync } from 'node:zlib';

/** What must become of a hostile file, written down before it is sent. */
export interface HostileFile {
  readonly name: string;
  readonly bytes: Buffer;
  /** What offsets count in, of a file in a container. */
  readonly unpacked?: Buffer;
  /** Bytes of a line end; absent: 1. */
  readonly unit?: 2;
  /** Code of the failed job; absent: the job completes. */
  readonly fails?: string;
  /** Source records, counted by hand. */
  readonly records?: number;
  /** Codes of the quarantined records, in the order of the file. */
  readonly quarantined?: readonly string[];
  /** Codes that must be among the findings. */
  readonly findings?: readonly string[];
}

const HEADER = 'patient_id,first_name,last_name,dob\n';

/** Twelve invented people: enough that two bad records stay below the share at which a job gives up. */
function people(count = 12, from = 0): string[] {
  return Array.from(
    { length: count },
    (_, i) => `P${from + i},Ada${String.fromCharCode(97 + (i % 26))},Colby,19${40 + (i % 50)}-03-0${1 + (i % 9)}`,
  );
}

const text = (value: string): Buffer => Buffer.from(value, 'utf8');
const good = (end = '\n'): string => people().join(end) + end;
const wide = (columns: number): string => {
  const row = (cell: (i: number) => string): string => Array.from({ length: columns }, (_, i) => cell(i)).join(',');
  return `${row((i) => `c${i}`)}\n${row((i) => String(i))}\n${row((i) => String(i + 1))}\n`;
};

/** Bytes from a small seeded generator. */
function junk(length: number, seed: number): Buffer {
  let state = seed >>> 0;
  return Buffer.from(
    Array.from({ length }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    }),
  );
}

const JUNK = junk(64 * 1024, 11);
const BAD_UTF8 = Buffer.concat([text(HEADER + good()), text('P90,'), Buffer.from([0xff, 0xc3, 0x28]), text(',Colby,1950-01-01\n')]);
const UTF16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(HEADER + good(), 'utf16le')]);

export const HOSTILE_FILES: readonly HostileFile[] = [
  {
    name: 'ragged rows',
    bytes: text(`${HEADER}${good()}P90,too,few\nP91,one,too,many,1\n`),
    records: 14,
    quarantined: ['csv.field_count', 'csv.field_count'],
  },
  {
    name: 'an unterminated quote',
    bytes: text(`${HEADER}${good()}P90,"never closed,Colby,1950-01-01\n${people(3, 50).join('\n')}\n`),
    records: 16,
    quarantined: ['csv.unterminated_quote'],
  },
  {
    name: 'a stray quote',
    bytes: text(`${HEADER}${good()}P90,"Ada"x,Colby,1950-01-01\n${people(3, 50).join('\n')}\n`),
    records: 16,
    quarantined: ['csv.stray_quote'],
  },
  {
    name: 'mixed line ends',
    bytes: text(`${HEADER}${people(4).join('\n')}\n${people(4, 20).join('\r\n')}\r\n${people(4, 40).join('\r')}\r`),
    records: 12,
  },
  { name: 'carriage returns only', bytes: text(HEADER.replace('\n', '\r') + good('\r')), records: 12 },
  {
    name: 'NULs in values',
    bytes: text(`${HEADER}${good()}P90,A\0da,Colby,1950-01-01\n`),
    records: 13,
    findings: ['text.control_character'],
  },
  { name: 'bad UTF-8 in one record', bytes: BAD_UTF8, records: 13, quarantined: ['text.invalid_encoding'] },
  {
    name: 'Latin-1 that nobody has announced',
    bytes: Buffer.concat([
      text(HEADER),
      ...Array.from({ length: 12 }, (_, i) => Buffer.from(`P${i},Ren\xe9e,Colby,1950-01-01\n`, 'latin1')),
    ]),
    records: 12,
  },
  { name: 'a header only', bytes: text(HEADER), records: 0, findings: ['dataset.empty'] },
  { name: 'blank lines only', bytes: text('\n\r\n\n  \n'), fails: 'unprocessable_file' },
  { name: 'binary junk', bytes: JUNK, fails: 'encoding' },
  {
    name: 'a line of 20 MB',
    bytes: text(`${HEADER}${good()}P90,${'x'.repeat(20 << 20)},Colby,1950-01-01\n`),
    records: 13,
    quarantined: ['record.too_long'],
  },
  { name: '5,000 columns', bytes: text(wide(5000)), fails: 'too_many_columns' },
  { name: '4,096 columns', bytes: text(wide(4096)), records: 2 },
  { name: 'a byte order mark', bytes: text(`\ufeff${HEADER}${good()}`), records: 12 },
  { name: 'UTF-16', bytes: UTF16, unit: 2, records: 12 },
  { name: 'UTF-16 without its mark', bytes: UTF16.subarray(2), unit: 2, records: 12 },
  { name: 'gzip', bytes: gzipSync(HEADER + good()), unpacked: text(HEADER + good()), records: 12 },
  { name: 'half a gzip', bytes: gzipSync(HEADER + good()).subarray(0, 60), fails: 'container.corrupt' },
  { name: 'a zip of junk', bytes: Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4]), JUNK.subarray(0, 500)]), fails: 'container.corrupt' },
  { name: 'JSON without an end', bytes: text('{"patient_id":"P1","first_name":"Ada"\n'), fails: 'unprocessable_file' },
  { name: 'JSON without objects', bytes: text('[["P1","Ada"],7]\n'), fails: 'unprocessable_file' },
  {
    name: 'X12',
    bytes: text(
      `ISA*00*${' '.repeat(10)}*00*${' '.repeat(10)}*ZZ*SENDER         *ZZ*RECEIVER       *260101*1200*^*00501*000000001*0*T*:~GS*HC~`,
    ),
    fails: 'unprocessable_file',
  },
  {
    name: 'a quoted field over 1,500 lines',
    bytes: text(`${HEADER}${people(9000).join('\n')}\nP9999,"${'x\n'.repeat(1500)}",Colby,1950-01-01\n`),
    records: 10_501,
    quarantined: ['csv.unterminated_quote', ...Array.from({ length: 1499 }, () => 'csv.field_count'), 'csv.unterminated_quote'],
  },
  { name: 'a million quotes', bytes: text(`${HEADER}${good()}P90,"${'"'.repeat(1_000_000)}",Colby,1950-01-01\n`), records: 13 },
  {
    name: 'two records of three are ragged',
    bytes: text(`${HEADER}P1,Ada,Colby,1950-01-01\nP2,x\nP3,Bo,Colby,1951-01-01\nP4\nP5,y\nP6,z\n`),
    fails: 'quarantine.limit',
  },
  {
    name: 'duplicate and empty headers',
    bytes: text(`patient_id,note,note,,\n${Array.from({ length: 5 }, (_, i) => `P${i},a${i},b${i},c${i},d${i}`).join('\n')}\n`),
    records: 5,
    findings: ['header.duplicate', 'header.empty'],
  },
  {
    name: 'headers of formulas, markup and SQL',
    bytes: text(`patient_id,=1+1,<script>alert(1)</script>,"x""; DROP TABLE attune.jobs; --",'); DELETE\nP1,a,b,c,d\nP2,e,f,g,h\n`),
    records: 2,
  },
  { name: 'a header of 60,000 characters', bytes: text(`patient_id,${'h'.repeat(60_000)}\nP1,a\nP2,b\n`), records: 2 },
  {
    name: 'right to left and combining text',
    bytes: text(`${HEADER}${good()}P90,\u202eداليا\u202c,N\u0303un\u0303ez,1950-01-01\n`),
    records: 13,
  },
  {
    name: 'a column of nulls',
    bytes: text(`patient_id,first_name,email\n${Array.from({ length: 6 }, (_, i) => `P${i},Ada,N/A`).join('\n')}\n`),
    records: 6,
  },
  { name: 'one column', bytes: text('patient_id\nP1\nP2\nP3\n'), records: 3 },
  {
    name: 'a delimiter at the end of each row',
    bytes: text(`${HEADER.replace('\n', ',\n')}${good(',\n')}`),
    records: 12,
    findings: ['header.empty'],
  },
  { name: 'one record without a line end', bytes: text(`${HEADER}P1,Ada,Colby,1950-01-01`), records: 1 },
];
