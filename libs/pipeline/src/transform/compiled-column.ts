import { FINDING_KINDS, type FindingCode, type Kernel } from '@attune/core';
import { compileStandardizer } from '@attune/standardize';
import type { Entity, Plan } from '@attune/core';
import { silverColumns, type SilverColumn } from './silver-columns.js';

/** Numbers of the two codes that every column has; the standardizer's own codes follow. */
export const CONTROL_CHARACTER = 0;
export const REQUIRED = 1;
export const FIRST_OWN_CODE = 2;

/** One output column ready to work: what to do with the source field, and its findings as prepared JSON. */
export interface CompiledColumn {
  readonly silver: SilverColumn;
  /** Absent: values are kept as received. */
  readonly kernel?: Kernel;
  /** Null here means that the record is not whole. */
  readonly required: boolean;
  /** Every finding this column can make; a kernel's result -1 - i is code FIRST_OWN_CODE + i. */
  readonly codes: readonly FindingCode[];
  /** Per code, the part of a finding's line between its location and its value. */
  readonly findingText: readonly Uint8Array[];
}

/** Every data column of silver (all but lineage) in its order, from the closed registry of standardizers; no text of a user is ever compiled. */
export function compileColumns(plan: Plan, entity: Entity): readonly CompiledColumn[] {
  return silverColumns(plan, entity)
    .filter(({ role }) => role !== 'lineage')
    .map((silver) => compileColumn(silver, plan));
}

function compileColumn(silver: SilverColumn, plan: Plan): CompiledColumn {
  const compiled = silver.standardizer && compileStandardizer(silver.standardizer.name, silver.standardizer.options);
  const codes: FindingCode[] = ['text.control_character', 'field.required', ...(compiled?.findings ?? [])];
  return {
    silver,
    ...(compiled === undefined ? {} : { kernel: compiled.kernel }),
    required: silver.role === 'field' && plan.required.includes(silver.name),
    codes,
    findingText: codes.map((code) => findingText(silver, code)),
  };
}

function findingText(silver: SilverColumn, code: FindingCode): Uint8Array {
  const column = silver.source < 0 ? 'null' : String(silver.source);
  const { severity } = FINDING_KINDS[code];
  return utf8(`,"column":${column},"field":${JSON.stringify(silver.name)},"code":"${code}","severity":"${severity}","value":`);
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
