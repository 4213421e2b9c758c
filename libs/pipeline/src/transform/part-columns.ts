import type { Entity, FieldMapping, Plan } from '@attune/core';
import { silverColumns, type SilverColumn } from './silver-columns.js';

/** True where a field is not made from one whole column: two different columns or rests of a column may then give the same value. */
export const isLossy = ({ from, part, expression }: FieldMapping): boolean =>
  from.length > 1 || part !== undefined || expression !== undefined;

/** False for a field that nothing is mapped to: it is null in every record, and the part says nothing of it. */
export const isInPart = ({ role, mapping }: SilverColumn): boolean => role !== 'field' || mapping !== undefined;

/**
 * Every column that the pass works on: those of silver, and before the lineage what else makes a record different from others. A join forgets where
 * one column ended, a part forgets the rest; so a column that is in the result in no other way stays whole in the part, where it belongs to
 * the identity of the record: records that differ in anything the sender sent are not the same. Silver does not get these columns.
 */
export function partColumns(plan: Plan, entity: Entity): readonly SilverColumn[] {
  const silver = silverColumns(plan, entity);
  const { fields, carried } = plan.mapping;
  const lossy = new Set(fields.filter(isLossy).flatMap(({ from }) => from.map(({ ordinal }) => ordinal)));
  for (const { ordinal } of [...carried, ...fields.filter((field) => !isLossy(field)).flatMap(({ from }) => from)]) lossy.delete(ordinal);
  const identity = [...lossy]
    .sort((a, b) => a - b)
    .map((ordinal): SilverColumn => ({ name: `_identity.${ordinal}`, type: 'VARCHAR', role: 'identity', sources: [ordinal] }));
  return [...silver.filter(({ role }) => role !== 'lineage'), ...identity, ...silver.filter(({ role }) => role === 'lineage')];
}
