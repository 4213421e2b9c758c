import fs from 'node:fs';
import path from 'node:path';
import type { JobBody } from '@attune/api';
import { expectConservation, expectLocated, Installation, linesOf, ROOT } from './installation.js';

const CORPUS = process.env['TEST_CORPUS'];
type Row = Record<string, string>;
interface AnswerKey {
  readonly file: string;
  /** A column that is not named has no field. */
  readonly columns: Readonly<Record<string, string>>;
}

const keysOf = (source: string): AnswerKey[] =>
  (JSON.parse(fs.readFileSync(path.join(ROOT, `libs/packs/src/answer-keys/${source}.json`), 'utf8')) as { keys: AnswerKey[] }).keys;
const FILES = [...keysOf('febrl'), keysOf('synthea').find(({ file }) => file.endsWith('/patients.csv'))!];

if (CORPUS === undefined) {
  test.skip('not executed: no corpus, TEST_CORPUS does not name one', () => undefined);
} else {
  let attune: Installation;
  jest.setTimeout(120_000);
  beforeAll(() => void (attune = Installation.shared()));
  afterAll(() => attune.stop());

  test.each(FILES.map((key) => [key.file, key] as const))(
    '%s: no column goes to a wrong field, no record is lost, 20 records are right in every value',
    async (_, key) => {
      const bytes = fs.readFileSync(path.join(CORPUS, key.file));
      const { names, records } = cut(bytes.toString('utf8'));
      const job = await attune.run({ bytes, options: { output_formats: ['ndjson'] } });
      expect(job.status).toBe('completed');
      expectConservation(job);
      expect(job.metrics.total_records).toBe(records.length);
      expectLocated(bytes, await attune.quarantine(job.job_id));
      const applied = await expectAnswered(job, key, names);
      const rows = await attune.rows(job.job_id);
      expect(rows).toHaveLength(job.row_ledger.at(-1)!.records_out);
      const step = Math.max(1, Math.floor(rows.length / 20));
      const refused = refusedIn(await attune.blob('findings', job.job_id));
      const compared = rows.filter((_row, i) => i % step === 0).slice(0, 20);
      expect(compared).toHaveLength(20);
      for (const row of compared) expectRow(row, records[Number(row['_record']) - 1]!, applied, refused);
    },
  );

  /** A field of the key may be carried (a miss), never applied elsewhere. Answers column -> field as applied. */
  async function expectAnswered(job: JobBody, key: AnswerKey, names: readonly string[]): Promise<Map<string, string>> {
    const mapping = await attune.mapping(job.job_id);
    const applied = new Map(mapping.fields.map(({ from, field }) => [from[0]!.name, field]));
    for (const [column, field] of applied) expect([column, field]).toEqual([column, key.columns[column]]);
    expect([...applied.keys(), ...mapping.carried.map(({ name }) => name)].sort()).toEqual([...names].sort());
    return applied;
  }
}

function expectRow(row: Record<string, unknown>, received: Row, applied: ReadonlyMap<string, string>, refused: ReadonlySet<string>): void {
  for (const [column, value] of Object.entries(received)) {
    const field = applied.get(column);
    const found = field === undefined ? row[`source.${column}`] : row[field];
    if (field === undefined) expect([column, found]).toEqual([column, value === '' ? null : value]);
    else if (found === null && canonical(field, value) !== null) throw new Error(`${column} of record ${Number(row['_record'])} was lost`);
    else expect([column, found]).toEqual([column, canonical(field, value)]);
    // What could not be understood is null and told.
    if (field !== undefined && value.trim() !== '' && found === null) expect(refused).toContain(`${Number(row['_record'])} ${field}`);
  }
}

/** What a person reads in the value, written down without Attune; null where there is nothing to read. */
function canonical(field: string, received: string): unknown {
  const value = received.trim().replace(/ +/g, ' ');
  if (value === '') return null;
  if (field.endsWith('_date')) return isoDate(value);
  // A name of small letters only is written with capitals.
  if (field.endsWith('_name') && value === value.toLowerCase()) return value.replace(/(?<![a-z])[a-z]/g, (letter) => letter.toUpperCase());
  if (field === 'sex') return { M: 'male', F: 'female' }[value] ?? null;
  if (field === 'state') return { Massachusetts: 'MA' }[value] ?? null;
  if (field === 'race') return RACES[value] ?? null;
  if (field === 'ethnicity') return { hispanic: '2135-2', nonhispanic: '2186-5' }[value] ?? null;
  if (field === 'city') return value.replace(/\bst (?=\w)/g, 'saint ').toUpperCase();
  if (field === 'address' || field === 'address_2') return postalLine(value);
  return value;
}

/** CDC Race and Ethnicity. */
const RACES: Readonly<Record<string, string>> = { white: '2106-3', black: '2054-5', asian: '2028-9', native: '1002-5', hawaiian: '2076-8' };
/** USPS Publication 28, appendix C, as far as these files go. */
const UNITS = { apartment: 'apt', aptmt: 'apt', suite: 'ste', flr: 'fl', floor: 'fl', room: 'rm', building: 'bldg' };
const STREETS: Readonly<Record<string, string>> = Object.fromEntries<string>(
  'lock lck,neck nck,underpass upas,union un,throughway trwy,light lgt,landing lndg,ville vl,dam dm,junction jct,trail trl,glen gln,hollow holw,club clb,terrace ter,manor mnr,divide dv,crossroad xrd'
    .split(',')
    .map((pair) => pair.split(' ') as [string, string]),
);

/** In capitals, the unit and the street behind the number of a house abbreviated. */
function postalLine(value: string): string {
  const unit = (text: string): string =>
    text.replace(
      /\b(apartment|aptmt|suite|flr|floor|room|building)(?= (?:\S*\d|[a-z]\b))/gi,
      (word) => UNITS[word.toLowerCase() as keyof typeof UNITS],
    );
  const street = (text: string): string =>
    text.replace(
      /^(\d+ \S.*? )(\S+)(?=$| (?:apt|ste|unit) )/i,
      (_whole: string, start: string, word: string) => start + (STREETS[word.toLowerCase()] ?? word),
    );
  return street(unit(value)).toUpperCase();
}

/** Digits only are year, month, day; what no calendar has is no date. */
function isoDate(value: string): string | null {
  const iso = value.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3');
  const date = new Date(`${iso}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 10) === iso ? iso : null;
}

function refusedIn(findings: string): ReadonlySet<string> {
  return new Set((linesOf(findings) as { record: number | null; field: string | null }[]).map(({ record, field }) => `${record} ${field}`));
}

/** These files have neither quotes nor blank lines, which is asserted; so a line is a record and a comma cuts it. */
function cut(text: string): { names: string[]; records: Row[] } {
  expect(text).not.toContain('"');
  const [header, ...lines] = text.split(/\r?\n/).filter((line, i, all) => line !== '' || i < all.length - 1);
  const names = header!.split(',').map((name) => name.trim());
  return { names, records: lines.map((line) => Object.fromEntries(line.split(',').map((value, i) => [names[i]!, value]))) };
}
