import { createHash } from 'node:crypto';
import { type Entity, type FindingCode, findEntity, type Plan, type Reading } from '@attune/core';
import { type Batch, openReader } from '@attune/formats';
import { DEFAULT_NULL_TOKENS, findStandardizer } from '@attune/standardize';
import { inspectText } from '../inspect/inspect-text.js';
import { makePlan } from '../plan/make-plan.js';
import { CanonicalRecord } from './canonical-record.js';
import { compileColumns, type CompiledColumn } from './compiled-column.js';
import { LineBuffer } from './json-lines.js';

const HEAD_BYTES = 1 << 20;
const BATCH_RECORDS = 512;

/** The plan that Attune suggests for a text, with its entity; undefined where no column was understood. */
export function suggestedPlan(bytes: Buffer, fileName: string): { plan: Plan; entity: Entity } | undefined {
  const fingerprint = (names: string): string => createHash('sha256').update(names).digest('hex');
  const inspection = inspectText({ head: bytes.subarray(0, HEAD_BYTES), windows: [], size: bytes.length, fingerprint });
  if (inspection.detection.format !== 'delimited' || inspection.detection.columns.length < 2) return undefined;
  const options = { remove_duplicates: true, standardize_fields: true, validate_schema: true, output_formats: ['csv' as const] };
  const { plan } = makePlan({ ...inspection, fileName, options: { ...options, review: 'never' }, receivedAt: '2026-01-01T00:00:00Z' });
  return plan.mapping.fields.length === 0 ? undefined : { plan, entity: findEntity(plan.mapping.entity)! };
}

/** What was compared so far. */
export interface Compared {
  records: number;
  values: number;
  findings: number;
}

const nulls = new Set(DEFAULT_NULL_TOKENS);

/** What is left of a value for its standardizer, on strings: white space and controls as the cleaner treats them; null for no value. */
function cleanedText(received: string): string | null {
  const text = received
    .replace(/[\t\n\r]/g, ' ')

    .replace(/[\u0000-\u001f\u007f-\u009f]/g, '')
    .trim();
  return nulls.has(text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())) ? null : text;
}

/** Leads records through the columns of a plan as the transform pass does, and each value through the reference beside it. */
export class Oracle {
  readonly compared: Compared = { records: 0, values: 0, findings: 0 };
  readonly #plan: Plan;
  readonly #columns: readonly CompiledColumn[];
  readonly #references: readonly ((text: string) => Reading)[];
  readonly #record: CanonicalRecord;
  readonly #findings = new LineBuffer();
  readonly #reader;

  constructor(plan: Plan, entity: Entity) {
    this.#plan = plan;
    this.#columns = compileColumns(plan, entity);
    this.#record = new CanonicalRecord(this.#columns, plan.null_tokens, this.#findings);
    this.#references = this.#columns.map(({ silver }) => {
      const found = silver.standardizer && findStandardizer(silver.standardizer.name);
      return found ? (text: string) => found.reference(text, silver.standardizer!.options) : (text: string) => ({ value: text });
    });
    this.#reader = openReader(plan, plan.columns.length, { batchRecords: BATCH_RECORDS });
  }

  /** Compares the complete records of `bytes`, which may change, and returns how many bytes they were. Throws at the first difference. */
  read(bytes: Uint8Array, last: boolean): number {
    for (let from = 0; ;) {
      const consumed = this.#reader.read(bytes, from, bytes.length, last);
      from += consumed;
      const { batch } = this.#reader;
      for (let r = 0; r < batch.n; r++) this.#compare(batch, r);
      if (consumed === 0 || from === bytes.length) return from;
    }
  }

  #compare(batch: Batch, r: number): void {
    const cells = this.#columns.map(({ source }) => (source < 0 ? undefined : cellOf(batch, r, source)));
    this.#findings.clear();
    this.#record.take(batch, r);
    this.compared.records++;
    this.#columns.forEach((column, c) => {
      if (cells[c] === undefined || column.kernel === undefined) return;
      const text = cleanedText(cells[c]);
      const expected: Reading | null = text === null ? null : this.#references[c]!(text);
      const found = this.#found(c);
      if (!isSame(found, expected)) {
        const { table } = this.#plan;
        throw new Error(JSON.stringify({ table, field: column.silver.name, received: cells[c], found, expected }));
      }
      if (expected === null) return;
      this.compared.values++;
      if ('finding' in expected) this.compared.findings++;
    });
  }

  /** What the pass made of column c: a value, a finding of its standardizer, or nothing. */
  #found(c: number): Reading | null {
    const { values, valueStart, valueEnd, noted, notedCount } = this.#record;
    if (valueEnd[c]! >= 0) return { value: Buffer.from(values.buffer, valueStart[c], valueEnd[c]! - valueStart[c]!).toString('utf8') };
    for (let k = 0; k < notedCount; k += 2) {
      const code = this.#columns[c]!.codes[noted[k + 1]!] as FindingCode;
      if (noted[k] === c && code !== 'text.control_character') return { finding: code };
    }
    return null;
  }
}

function isSame(a: Reading | null, b: Reading | null): boolean {
  if (a === null || b === null) return a === b;
  return 'value' in a ? 'value' in b && a.value === b.value : 'finding' in b && a.finding === b.finding;
}

function cellOf({ buf, starts, ends, width }: Batch, r: number, column: number): string {
  const start = starts[r * width + column]!;
  return start < 0 ? '' : Buffer.from(buf.subarray(start, ends[r * width + column])).toString('utf8');
}
