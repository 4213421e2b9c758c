import type { Entity, FindingCode, Plan } from '@attune/core';
import type { Batch, RejectedRecord } from '@attune/formats';
import { CHANGED, CanonicalRecord } from '../transform/canonical-record.js';
import { compileColumns, CONTROL_CHARACTER, NOTHING, type CompiledColumn } from '../transform/compiled-column.js';
import { wholeCharacters } from '../transform/column-sketch.js';
import { FINDING_VALUE_BYTES } from '../transform/finding-lines.js';
import { LineBuffer } from '../transform/json-lines.js';
import { utf8 } from '../transform/utf8.js';

/** A record of the source, and how many of its values were told already. */
export interface SamplePosition {
  /** 0-based offset of the record's first byte in the decoded stream. */
  readonly byteOffset: number;
  /** 1-based. */
  readonly record: number;
  /** 1-based physical line. */
  readonly line: number;
  readonly skip: number;
}

/** What ends a sample; whichever comes first. */
export interface SampleLimits {
  readonly records: number;
  readonly values: number;
  /** Bytes of the decoded stream from the first record on; the record that reaches over the end is still taken. */
  readonly bytes: number;
}

export interface SampleOptions {
  readonly limits: SampleLimits;
  /** Only values that are not in the result byte for byte, of records that are in the result; records without any are left out. */
  readonly changedOnly?: boolean;
  /** Only this column of the result. */
  readonly field?: string;
}

/** One value of the result beside what was received for it; a longer text is cut after 4 KiB, as in findings, so that a sample has a bounded size. */
export interface SampledValue {
  /** Column of the result. */
  readonly field: string;
  /** 0-based ordinals of its source columns. */
  readonly columns: readonly number[];
  /** As in the file; of several columns those that hold anything, joined as the mapping says. Null where none does. */
  readonly received: string | null;
  readonly canonical: string | null;
  /** Why it is null, else what had to be removed. */
  readonly finding?: FindingCode;
}

export interface SampledRecord {
  readonly record: number;
  readonly line: number;
  readonly byte_offset: number;
  readonly status: 'out' | 'quarantined';
  /** Why it is quarantined. */
  readonly code?: FindingCode;
  /** In the order of the result's columns; none for a record that could not be read. */
  readonly values: readonly SampledValue[];
}

/**
 * Shows what the transform pass makes of some records, received against canonical: the same columns and kernels, with a text per value,
 * which only a bounded sample can afford. Exact duplicates are not looked for. Batches are given in order, as the reader reads them.
 */
export class RecordSample {
  readonly records: SampledRecord[] = [];
  /** Where a next sample has to begin, once a limit was reached. */
  next: SamplePosition | undefined;

  readonly #columns: readonly CompiledColumn[];
  readonly #work: CanonicalRecord;
  readonly #findings = new LineBuffer();
  readonly #quarantineRequired: boolean;
  readonly #options: SampleOptions;
  readonly #from: SamplePosition;
  #values = 0;
  #skip: number;

  /** `from` is the first record that will be given; the reader that reads it counts from the beginning all the same. */
  constructor(plan: Plan, entity: Entity, from: SamplePosition, options: SampleOptions) {
    this.#columns = compileColumns(plan, entity).filter(({ silver }) => silver.role !== 'identity');
    this.#work = new CanonicalRecord(this.#columns, plan.null_tokens, this.#findings);
    this.#quarantineRequired = plan.options.validate_schema;
    this.#options = options;
    this.#from = from;
    this.#skip = from.skip;
  }

  /** A limit was reached: nothing more is taken. */
  get done(): boolean {
    return this.next !== undefined;
  }

  batch(batch: Batch, rejected: readonly RejectedRecord[]): void {
    let next = 0;
    for (let r = 0; r < batch.n && !this.done; r++) {
      while (next < rejected.length && rejected[next]!.record < batch.record[r]!) this.#setAside(rejected[next++]!);
      if (!this.done) this.#take(batch, r);
    }
    while (next < rejected.length && !this.done) this.#setAside(rejected[next++]!);
  }

  #setAside(rejected: RejectedRecord): void {
    const place = this.#placeOf(rejected);
    if (this.#reached(place) || this.#options.changedOnly === true) return;
    this.records.push({ ...told(place), status: 'quarantined', code: rejected.code, values: [] });
  }

  #take(batch: Batch, r: number): void {
    const place = this.#placeOf({ byteOffset: batch.byteOffset[r]!, line: batch.line[r]!, record: batch.record[r]! });
    if (this.#reached(place)) return;
    this.#work.take(batch, r);
    const missing = this.#work.reportMissing() >= 0 && this.#quarantineRequired;
    this.#findings.clear();
    if (missing && this.#options.changedOnly === true) return;
    const values = this.#valuesOf(batch, r, place);
    if (values.length === 0 && (this.#options.changedOnly === true || this.done)) return;
    this.records.push({ ...told(place), ...(missing ? { status: 'quarantined', code: 'field.required' } : { status: 'out' }), values });
  }

  #placeOf({ byteOffset, line, record }: Pick<RejectedRecord, 'byteOffset' | 'line' | 'record'>): SamplePosition {
    const from = this.#from;
    return { byteOffset: byteOffset + from.byteOffset, record: record + from.record - 1, line: line + from.line - 1, skip: 0 };
  }

  /** Ends the sample before this record when it would be one too many. */
  #reached(place: SamplePosition): boolean {
    const { records, bytes } = this.#options.limits;
    if (this.records.length < records && place.byteOffset - this.#from.byteOffset <= bytes) return false;
    this.next = place;
    return true;
  }

  #valuesOf(batch: Batch, r: number, place: SamplePosition): SampledValue[] {
    const { changedOnly, field, limits } = this.#options;
    const skip = this.#skip;
    this.#skip = 0;
    const values: SampledValue[] = [];
    let ordinal = 0;
    for (const [c, { silver, source }] of this.#columns.entries()) {
      if (source === NOTHING || (field !== undefined && silver.name !== field)) continue;
      if (changedOnly === true && (this.#work.state[c]! & CHANGED) === 0) continue;
      if (ordinal++ < skip) continue;
      if (this.#values === limits.values) {
        this.next = { ...place, skip: ordinal - 1 };
        break;
      }
      this.#values++;
      values.push(this.#valueOf(batch, r, c));
    }
    return values;
  }

  #valueOf(batch: Batch, r: number, c: number): SampledValue {
    const { silver } = this.#columns[c]!;
    const { values, valueStart, valueEnd } = this.#work;
    const received = silver.sources.map((source) => cellText(batch, r, source)).filter((text) => text !== null);
    const finding = this.#findingOf(c);
    return {
      field: silver.name,
      columns: silver.sources,
      received: received.length === 0 ? null : received.length === 1 ? received[0]! : cut(received.join(silver.mapping?.join ?? ' ')),
      canonical: valueEnd[c]! < 0 ? null : textOf(values, valueStart[c]!, valueEnd[c]!),
      ...(finding === undefined ? {} : { finding }),
    };
  }

  /** What has taken the value away, or else the control characters in it. */
  #findingOf(c: number): FindingCode | undefined {
    const { noted, notedCount } = this.#work;
    let gravest: number | undefined;
    for (let i = 0; i < notedCount; i += 2)
      if (noted[i] === c && (gravest === undefined || gravest === CONTROL_CHARACTER)) gravest = noted[i + 1];
    return gravest === undefined ? undefined : this.#columns[c]!.codes[gravest];
  }
}

const told = ({ record, line, byteOffset }: SamplePosition): Pick<SampledRecord, 'record' | 'line' | 'byte_offset'> => ({
  record,
  line,
  byte_offset: byteOffset,
});

function cellText({ buf, starts, ends, width }: Batch, r: number, source: number): string | null {
  const start = starts[r * width + source]!;
  const end = ends[r * width + source]!;
  return start < 0 || start === end ? null : textOf(buf, start, end);
}

const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });
function textOf(buf: Uint8Array, start: number, end: number): string {
  if (end - start <= FINDING_VALUE_BYTES) return DECODER.decode(buf.subarray(start, end));
  const bytes = buf.subarray(start, start + FINDING_VALUE_BYTES);
  return DECODER.decode(bytes.subarray(0, wholeCharacters(bytes, bytes.length)));
}

function cut(text: string): string {
  const bytes = utf8(text);
  return textOf(bytes, 0, bytes.length);
}
