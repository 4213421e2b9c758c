import { AppError, FINDING_KINDS, type Entity, type FindingCode, type Kernel, type Plan } from '@attune/core';
import { Cleaner, compileStandardizer } from '@attune/standardize';
import { compileComposition, type Composition } from './composed-value.js';
import { hasExpression, refusingFailures } from './expression-value.js';
import { partColumns } from './part-columns.js';
import { ReceivedValue } from './received-value.js';
import type { SilverColumn } from './silver-columns.js';
import { utf8 } from './utf8.js';
import { cleanText } from './value-map.js';

/** Numbers of the two codes that every column has; the standardizer's own codes follow. */
export const CONTROL_CHARACTER = 0;
export const REQUIRED = 1;
export const FIRST_OWN_CODE = 2;

/** Instead of the one source column: the field has no values, the same value in every record, or values that are composed. */
export const NOTHING = -1;
export const CONSTANT = -2;
export const COMPOSED = -3;

/** One column of the part ready to work: what to do with the source, and its findings as prepared JSON. */
export interface CompiledColumn {
  readonly silver: SilverColumn;
  /** 0-based ordinal of the source column whose values need nothing but the kernel, else one of the negative numbers above. */
  readonly source: number;
  /** Given where the values are composed. */
  readonly composition?: Composition;
  /** The canonical value of every record, where it is a constant. */
  readonly constant?: Uint8Array;
  /** Absent: values are kept as received. */
  readonly kernel?: Kernel;
  /** Null here means that the record is not whole. */
  readonly required: boolean;
  /** Every finding this column can make; a kernel's result -1 - i is code FIRST_OWN_CODE + i. */
  readonly codes: readonly FindingCode[];
  /** Per code, the part of a finding's line between its location and its value. */
  readonly findingText: readonly Uint8Array[];
}

/**
 * Every data column of the part (all but lineage) in its order, from the closed registry of standardizers; no text of a user is ever
 * compiled. Throws `plan.unresolved` for what cannot be looked up, and for a constant that its standardizer refuses.
 */
export function compileColumns(plan: Plan, entity: Entity): readonly CompiledColumn[] {
  return partColumns(plan, entity)
    .filter(({ role }) => role !== 'lineage')
    .map((silver) => (silver.role === 'identity' ? compileIdentity(silver, plan) : compileColumn(silver, plan)));
}

function compileColumn(silver: SilverColumn, plan: Plan): CompiledColumn {
  const compiled = silver.standardizer && compileStandardizer(silver.standardizer.name, silver.standardizer.options);
  const expressed = hasExpression(silver.mapping);
  const own = compiled?.findings ?? [];
  const codes: FindingCode[] = ['text.control_character', 'field.required', ...own, ...(expressed ? (['expression.failed'] as const) : [])];
  const kernel = expressed ? refusingFailures(compiled?.kernel ?? copyValue, own.length) : compiled?.kernel;
  return {
    silver,
    ...sourceOf(silver, plan, compiled?.kernel),
    ...(kernel === undefined ? {} : { kernel }),
    required: silver.role === 'field' && plan.required.includes(silver.name),
    codes,
    findingText: codes.map((code) => findingText(silver, code)),
  };
}

/** A column that only tells records apart is clean where values are made canonical, else as received; what is wrong with it others report. */
function compileIdentity(silver: SilverColumn, plan: Plan): CompiledColumn {
  const composition: Composition = { sources: silver.sources, join: utf8('') };
  const kernel = plan.options.standardize_fields ? { kernel: copyValue } : {};
  return { silver, source: COMPOSED, composition, ...kernel, required: false, codes: [], findingText: [] };
}

const copyValue: Kernel = (buf, start, end, out, at) => {
  let to = at;
  for (let i = start; i < end; i++) out[to++] = buf[i]!;
  return to;
};

function sourceOf(
  silver: SilverColumn,
  plan: Plan,
  kernel: Kernel | undefined,
): Pick<CompiledColumn, 'source' | 'composition' | 'constant'> {
  const { mapping, sources } = silver;
  const cleaner = new Cleaner(plan.null_tokens);
  const composition = mapping && compileComposition(mapping, kernel !== undefined, cleaner, plan);
  if (composition !== undefined) return { source: COMPOSED, composition };
  if (sources.length > 0) return { source: sources[0]! };
  if (mapping?.constant === undefined) return { source: NOTHING };
  const constant = kernel === undefined ? receivedText(mapping.constant) : canonical(cleanText(mapping.constant, cleaner), kernel);
  if (constant === undefined) throw new AppError('plan.unresolved', `The standardizer of field ${silver.name} does not take its constant.`);
  return constant.length === 0 ? { source: NOTHING } : { source: CONSTANT, constant };
}

/** The canonical bytes of a clean value, nothing for no value, undefined where the standardizer refuses it. */
function canonical(value: Uint8Array, kernel: Kernel): Uint8Array | undefined {
  if (value.length === 0) return value;
  const out = new Uint8Array(2 * value.length + 64);
  const end = kernel(value, 0, value.length, out, 0);
  return end < 0 ? undefined : out.slice(0, end);
}

function receivedText(text: string): Uint8Array {
  const bytes = utf8(text);
  const received = new ReceivedValue();
  const kind = received.take(bytes, 0, bytes.length);
  return kind === 1 || kind === 2 ? received.buf.slice(received.start, received.end) : new Uint8Array(0);
}

/** A finding of several columns points to the first of them. */
function findingText(silver: SilverColumn, code: FindingCode): Uint8Array {
  const column = silver.sources.length === 0 ? 'null' : String(silver.sources[0]);
  const { severity } = FINDING_KINDS[code];
  return utf8(`,"column":${column},"field":${JSON.stringify(silver.name)},"code":"${code}","severity":"${severity}","value":`);
}
