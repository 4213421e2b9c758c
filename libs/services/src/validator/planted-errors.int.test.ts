import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QualityBody } from '@attune/api';
import { type Detection, GivenMapping, type Plan, type SampleProfile } from '@attune/core';
import { makePlan } from '@attune/pipeline';
import { Engine } from '@attune/platform';
import { type RuleSet, parseRuleSet } from '@attune/rules';
import { Generation, generators } from '@attune/synth';

const RECORDS = 100_000;
const ERRORS = 10_000;

/** Column of the generated members, and the field it becomes; the last two are carried. */
const COLUMNS: readonly (readonly [column: string, field: string])[] = [
  ['member_id', 'patient_id'],
  ['first_name', 'first_name'],
  ['last_name', 'last_name'],
  ['dob', 'birth_date'],
  ['term_date', 'death_date'],
  ['gender', 'sex'],
  ['phone', 'phone'],
  ['email', 'email'],
  ['city', 'city'],
  ['state', 'state'],
  ['zip', 'zip_code'],
  ['plan', 'source.plan'],
  ['group_no', 'source.group_no'],
];
const FIELDS = COLUMNS.map(([, field]) => field);
const C = Object.fromEntries(FIELDS.map((field, i) => [field, i]));

const RULES = parseRuleSet(`
entity: person
rules:
  - { id: known-plan, kind: value-set, field: source.plan, values: [HMO, PPO, EPO, POS, HDHP, MEDICARE ADVANTAGE] }
  - { id: group-form, kind: pattern, field: source.group_no, pattern: 'GRP[0-9]{4}' }
`);

type Row = string[];

/** One way to break a record, and what has to be found then. */
interface Plant {
  readonly field: string;
  /** Code of the finding, or id of the rule. */
  readonly found: string;
  /** False: this record cannot be broken so. */
  readonly fits?: (row: Row) => boolean;
  readonly break: (row: Row, earlier: Row) => void;
}

const set =
  (field: string, value: string) =>
  (row: Row): void => {
    row[C[field]!] = value;
  };

const PLANTS: readonly Plant[] = [
  { field: 'birth_date', found: 'date.invalid', break: set('birth_date', '1990-02-30') },
  { field: 'sex', found: 'sex.unknown_code', break: set('sex', 'Q?') },
  { field: 'phone', found: 'phone.invalid', break: set('phone', '12') },
  { field: 'email', found: 'email.invalid', break: set('email', 'nobody') },
  { field: 'state', found: 'us_state.unknown', break: set('state', 'QQ') },
  { field: 'zip_code', found: 'postal_code.invalid', break: set('zip_code', '123') },
  {
    field: 'birth_date',
    found: 'birth_not_after_receipt',
    fits: (row) => row[C['death_date']!] === '',
    break: set('birth_date', '2045-01-01'),
  },
  {
    field: 'birth_date',
    found: 'death_not_before_birth',
    fits: (row) => row[C['birth_date']!] !== '',
    break: set('death_date', '1900-01-01'),
  },
  { field: 'patient_id', found: 'person.patient_id.required', break: set('patient_id', '') },
  { field: 'patient_id', found: 'person.patient_id.unique', break: (row, earlier) => set('patient_id', earlier[0]!)(row) },
  { field: 'source.plan', found: 'known-plan', break: set('source.plan', 'H M O') },
  { field: 'source.group_no', found: 'group-form', break: set('source.group_no', 'GRP12A') },
  { field: '', found: 'csv.field_count', break: (row) => row.push('one too many') },
];

describe('10,000 planted errors in 100,000 records', () => {
  let folder: string;
  let engine: Engine;
  let attempts = 0;

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'attune-planted-')));
    engine = new Engine({ size: 1, memoryLimitMb: 256, threads: 2 });
  });
  afterAll(async () => {
    await engine.close();
    await rm(folder, { recursive: true });
  });

  const attempt = async (): Promise<string> => {
    const scratch = join(folder, `attempt-${attempts++}`);
    await mkdir(scratch);
    return scratch;
  };

  /** The stages up to `check` over a file; `columns` names the source column of each field. */
  async function checked(
    bytes: Uint8Array,
    columns: readonly string[],
    rules: RuleSet | undefined,
    publish = false,
  ): Promise<{ found: string[]; quality: QualityBody; csv: string }> {
    const scratch = await attempt();
    const input = join(folder, `input-${attempts}`);
    await writeFile(input, bytes);
    const read = async <T>(...path: string[]): Promise<T> => JSON.parse(await readFile(join(...path), 'utf8')) as T;
    await engine.run('inspect', { input, scratch });
    const detection = await read<Detection>(scratch, 'detection.json');
    const given = GivenMapping.parse({
      fields: FIELDS.flatMap((field, i) => {
        const column = detection.columns.find(({ name }) => name === columns[i]);
        return field.startsWith('source.') ? [] : [{ field, from: [column] }];
      }),
    });
    const options = {
      remove_duplicates: true,
      standardize_fields: true,
      validate_schema: true,
      output_formats: ['csv'],
      review: 'never',
    } as const;
    const profile = await read<SampleProfile>(scratch, 'sample-profile.json');
    const plan: Plan = makePlan({ detection, profile, given, options, receivedAt: '2040-01-01T00:00:00Z' }).plan;
    const transformed = await attempt();
    const { ledger } = await engine.run('transform', { input, plan, scratch: transformed, planFindings: [] });
    const silver = [join(transformed, 'silver.parquet')];
    // The sandbox of a stage sees its own folder alone, so the stages that follow work in that of transform.
    await engine.run('check', { silver, profile: join(transformed, 'profile.json'), plan, ledger: ledger!, rules, scratch: transformed });
    if (publish) await engine.run('publish', { silver, plan, formats: ['csv'], records: ledger!.recordsOut, scratch: transformed });
    const lines = (
      await Promise.all(['findings', 'rule-findings'].map((list) => readFile(join(transformed, `${list}.ndjson`), 'utf8')))
    ).join('');
    return {
      found: lines.split('\n').slice(0, -1).map(placeOf),
      quality: await read<QualityBody>(transformed, 'quality.json'),
      csv: publish ? await readFile(join(transformed, 'result.csv'), 'utf8') : '',
    };
  }

  test('each is found once, in the right record and field, and nothing else is found', async () => {
    const dirty = [...new Generation(generators[0]!, { records: RECORDS, seed: 7, format: 'csv', duplicateShare: 0 })];
    const { csv } = await checked(
      Buffer.concat(dirty.map(({ bytes }) => bytes)),
      COLUMNS.map(([column]) => column),
      undefined,
      true,
    );
    const rows = cleanRows(csv);
    expect(rows.length).toBeGreaterThan(RECORDS * 0.99);

    const clean = await checked(csvOf(rows), FIELDS.map(headerOf), RULES);
    expect(clean.found).toEqual([]);
    expect(clean.quality.rules.filter(({ status }) => status === 'failed')).toEqual([]);

    const truth = plant(rows);
    const planted = await checked(csvOf(rows), FIELDS.map(headerOf), RULES);
    expect(truth.length).toBe(ERRORS);
    expect(planted.found.length).toBe(ERRORS);
    expect(planted.found.sort()).toEqual(truth.sort());
    const failed = Object.fromEntries(planted.quality.rules.filter(({ failed: n }) => n > 0).map(({ id, failed: n }) => [id, n]));
    const expected = truth.map((place) => place.split('|')[2]!).filter((found) => planted.quality.rules.some(({ id }) => id === found));
    expect(Object.values(failed).reduce((sum, n) => sum + n, 0)).toBe(expected.length);
    expect(Object.keys(failed).length).toBe(6);
  });
});

/** Where a finding lies and what it is: `record|field|rule or code`. */
function placeOf(line: string): string {
  const { record, field, code, rule } = JSON.parse(line) as { record: number; field: string | null; code: string; rule?: string };
  return `${record}|${field ?? ''}|${rule ?? code}`;
}

const headerOf = (field: string): string => field.replace('source.', '');

/** The canonical values of a result as rows of a file without any fault. */
function cleanRows(csv: string): Row[] {
  const [header, ...lines] = parseCsv(csv);
  const at = FIELDS.map((field) => header!.indexOf(field));
  return lines.map((line) => {
    const row = at.map((i) => line[i] ?? '');
    row[C['source.plan']!] = row[C['source.plan']!]!.trim().toUpperCase();
    if (row[C['death_date']!]! <= row[C['birth_date']!]!) row[C['death_date']!] = '';
    return row;
  });
}

/** Breaks 10,000 rows, each in one way; tells what has to be found where. */
function plant(rows: Row[]): string[] {
  const draw = random(11);
  const broken = new Set<number>();
  const truth: string[] = [];
  while (truth.length < ERRORS) {
    const at = 1 + draw(rows.length - 1);
    const earlier = draw(at);
    const way = PLANTS[truth.length % PLANTS.length]!;
    if (broken.has(at) || broken.has(earlier) || way.fits?.(rows[at]!) === false) continue;
    way.break(rows[at]!, rows[earlier]!);
    broken.add(at).add(earlier);
    truth.push(`${at + 1}|${way.field}|${way.found}`);
  }
  return truth;
}

/** Whole numbers below a bound, the same for the same seed (mulberry32). */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

function csvOf(rows: readonly Row[]): Uint8Array {
  const quoted = (value: string): string => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  return Buffer.from([FIELDS.map(headerOf), ...rows].map((row) => `${row.map(quoted).join(',')}\n`).join(''));
}

/** Reads our CSV without any code of ours. */
function parseCsv(text: string): Row[] {
  const rows: Row[] = [];
  let row: Row = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\n"]*))(,|\n)/g)) {
    row.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'));
    if (end === '\n') {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}
