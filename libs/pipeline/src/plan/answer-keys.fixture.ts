import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspectText } from '../inspect/inspect-text.js';
import { makePlan } from './make-plan.js';

type Answer = string | null | readonly (string | null)[];

/** What each column of one source means; `#` in a name stands for a number. */
export interface AnswerKey {
  /** In the corpus; or a header whose values are made up here, for sources of which only the names are known. */
  readonly file?: string;
  readonly table?: string;
  readonly header?: readonly { readonly name: string; readonly values: string }[];
  /** Null: the model has no such entity, and what is applied of it all the same is wrong but for what the key names. */
  readonly entity: string | null;
  readonly columns: Readonly<Record<string, Answer>>;
}

export interface Score {
  readonly what: string;
  readonly entity: string;
  /** Columns whose meaning the entity has, and of these the ones that were applied rightly. */
  meant: number;
  right: number;
  applied: number;
  readonly wrong: string[];
  readonly missed: string[];
}

const HEAD_BYTES = 1 << 20;
const RECORDS = 60;

export function keysOf(source: string): readonly AnswerKey[] {
  const file = join(__dirname, `../../../packs/src/answer-keys/${source}.json`);
  return (JSON.parse(readFileSync(file, 'utf8')) as { keys: readonly AnswerKey[] }).keys;
}

/** The mapping of one file against its key. Without `entity` Attune chooses it. */
export function scoreOf(key: AnswerKey, corpus: string, entity: string | null = key.entity): Score {
  const bytes = key.file === undefined ? Buffer.from(madeUp(key.header!)) : readFileSync(join(corpus, key.file));
  const fingerprint = (names: string): string => createHash('sha256').update(names).digest('hex');
  const inspection = inspectText({ head: bytes.subarray(0, HEAD_BYTES), windows: [], size: bytes.length, fingerprint });
  const options = {
    remove_duplicates: true,
    standardize_fields: true,
    validate_schema: true,
    output_formats: ['csv' as const],
    review: 'never' as const,
  };
  const question = {
    ...inspection,
    options,
    receivedAt: '2026-01-01T00:00:00Z',
    ...(entity === null ? { fileName: (key.file ?? key.table!).split('/').at(-1)! } : { entity }),
  };
  const { mapping } = makePlan(question).plan;
  const score: Score = { what: key.file ?? key.table!, entity: mapping.entity, meant: 0, right: 0, applied: 0, wrong: [], missed: [] };
  const answers = inspection.detection.columns.map(({ ordinal, name }) => ({ ordinal, name, answer: answerOf(key, name.trim()) }));
  const given = new Map(mapping.fields.flatMap(({ field, from }) => from.map(({ ordinal }) => [ordinal, field] as const)));
  for (const { ordinal, name, answer } of answers) {
    const field = given.get(ordinal);
    const sure = !answer.includes(null);
    if (sure) score.meant += 1;
    if (field === undefined) {
      if (sure) score.missed.push(`${name} (${answer.join(' or ')})`);
      continue;
    }
    score.applied += 1;
    if (!answer.includes(field)) score.wrong.push(`${name} as ${field}`);
    else if (sure) score.right += 1;
  }
  return score;
}

function answerOf(key: AnswerKey, column: string): readonly (string | null)[] {
  const list = (answer: Answer): readonly (string | null)[] => (typeof answer === 'string' || answer === null ? [answer] : answer);
  const exact = key.columns[column];
  if (exact !== undefined) return list(exact);
  const number = /(\d+)$/.exec(column)?.[1];
  const pattern = number === undefined ? undefined : key.columns[column.replace(/\d+$/, '#')];
  if (pattern === undefined) return [null];
  return list(pattern).map((field) => field?.replace('#', number!) ?? null);
}

/** A file of the given columns with values such as they hold; always the same. */
function madeUp(header: NonNullable<AnswerKey['header']>): string {
  const rows = Array.from({ length: RECORDS }, (_, i) => header.map(({ values }) => valueOf(values, i)).join(','));
  return `${header.map(({ name }) => name).join(',')}\n${rows.join('\n')}\n`;
}

const pad = (number: number): string => String(number).padStart(2, '0');
const WORDS = ['Outpatient visit', 'Office', 'Routine', 'Unknown', 'Home'];

function valueOf(kind: string, i: number): string {
  const date = `${1960 + (i % 60)}-${pad(1 + (i % 12))}-${pad(1 + (i % 28))}`;
  const values: Record<string, string> = {
    identifier: String(1000 + 17 * i),
    'concept id': String(4_000_000 + 31 * i),
    year: String(1930 + i),
    'small number': String(1 + (i % 12)),
    date,
    'date and time': `${date} ${pad(i % 24)}:${pad(i)}:00`,
    'source identifier': `src-${7000 + i}`,
    'M or F': i % 2 === 0 ? 'M' : 'F',
    word: WORDS[i % WORDS.length]!,
    time: `${pad(i % 24)}:${pad(i)}:00`,
    decimal: `${80 + i}.${i % 10}`,
    'ICD-10-CM code': `E11.${i % 10}`,
    'LOINC code': ['4548-4', '2345-7', '718-7'][i % 3]!,
    unit: ['mg/dL', '%', 'mmol/L'][i % 3]!,
    name: `Riverside Clinic ${i}`,
    NPI: npi(100_000_000 + i),
    'DEA number': dea(100_000 + i),
  };
  return values[kind]!;
}

/** Six digits with their check digit: the odd places, and twice the even ones (DEA Diversion Control Division). */
function dea(digits: number): string {
  const sum = [...String(digits)].reduce((total, digit, at) => total + Number(digit) * (at % 2 === 0 ? 1 : 2), 0);
  return `AB${digits}${sum % 10}`;
}

/** Nine digits with their check digit: Luhn over 80840 and the digits (45 CFR 162.406). */
function npi(digits: number): string {
  const sum = [...String(digits)].reverse().reduce((total, digit, at) => {
    const value = at % 2 === 0 ? Number(digit) * 2 : Number(digit);
    return total + (value > 9 ? value - 9 : value);
  }, 24);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}
