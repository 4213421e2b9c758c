import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspectDelimited } from '../inspect/inspect-delimited.js';
import { makePlan } from './make-plan.js';

interface AnswerKey {
  readonly file: string;
  /** Source column -> field, or null where the column has none. */
  readonly columns: Readonly<Record<string, string | null>>;
}

const KEYS_FILE = join(__dirname, '../../../packs/src/clinical/answer-keys.json');
const { keys } = JSON.parse(readFileSync(KEYS_FILE, 'utf8')) as { keys: readonly AnswerKey[] };
const corpus = process.env['TEST_CORPUS'];
const corpusTest = corpus !== undefined && existsSync(corpus) ? test : test.skip;
const HEAD_BYTES = 1 << 20;

/** Source column -> field, as the plan applies it, of everything that is not carried. */
function applied(file: string): ReadonlyMap<string, string> {
  const bytes = readFileSync(join(corpus ?? '', file));
  const fingerprint = (names: string): string => createHash('sha256').update(names).digest('hex');
  const inspection = inspectDelimited({ head: bytes.subarray(0, HEAD_BYTES), windows: [], size: bytes.length, fingerprint });
  const options = { remove_duplicates: true, standardize_fields: true, validate_schema: true, output_formats: ['csv' as const], review: 'never' as const };
  const { plan } = makePlan({ ...inspection, options, receivedAt: '2026-01-01T00:00:00Z' });
  return new Map(plan.mapping.fields.map((field) => [field.from[0]!.name.trim(), field.field]));
}

describe(`answer keys written before the first try${corpus === undefined ? ' (not executed: no corpus)' : ''}`, () => {
  for (const key of keys) {
    corpusTest(`${key.file}: no column is applied to a field it is not, and none is missed`, () => {
      const fields = applied(key.file);
      const wrong = [...fields].filter(([column, field]) => key.columns[column] !== field);
      const missed = Object.entries(key.columns).filter(([column, field]) => field !== null && !fields.has(column));
      expect({ wrong, missed }).toEqual({ wrong: [], missed: [] });
    });
  }
});
