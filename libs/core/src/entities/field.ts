import type { Field, ValueType } from '../entity.js';

/** A field of an entity, in the order in which a table of fields is read: name, standardizer, meaning, type, essential. */
export const field = (name: string, standardizer: string, description: string, type: ValueType = 'text', essential = false): Field => ({
  name,
  type,
  standardizer,
  description,
  ...(essential ? { essential } : {}),
});

/** A field that a record is not whole without. */
export const essential = (name: string, standardizer: string, description: string, type: ValueType = 'text'): Field =>
  field(name, standardizer, description, type, true);

/** `name_1` to `name_<count>`: what claims repeat side by side. */
export function numbered(
  count: number,
  name: string,
  standardizer: string,
  description: string,
  type: ValueType = 'text',
): readonly Field[] {
  return Array.from({ length: count }, (_, i) => field(`${name}_${i + 1}`, standardizer, `${description} ${i + 1}.`, type));
}

/** Whom an event happened to: the golden person is filled in by linkage, the source's person comes with the data. */
export const subject: readonly Field[] = [
  field('person_id', 'identifier', 'Golden person; empty unless a column is mapped to it.'),
  essential('patient_id', 'identifier', 'The person in the source system.'),
];

/** A code as received with its system and its text; it is never overwritten by what it is understood to mean. */
export const sourceCode = (what: string): readonly Field[] => [
  field('source_code_type', 'text', `Code system of the ${what} as received: SNOMED CT, ICD-10-CM, LOINC and so on, or its OID or URL.`),
  essential('source_code', 'code', `Code of the ${what} as received, whatever its system.`),
  field('source_description', 'text', `The ${what} in words, as received.`),
];

const AMOUNTS: readonly (readonly [name: string, description: string])[] = [
  ['paid_amount', 'What the payer paid'],
  ['allowed_amount', 'What the payer allows at most'],
  ['charge_amount', 'What was charged'],
  ['coinsurance_amount', "The patient's share in percent, as an amount"],
  ['copayment_amount', "The patient's fixed share"],
  ['deductible_amount', 'What the patient pays before the payer does'],
  ['total_cost_amount', "The payer's and the patient's share together"],
];

/** What is paid, allowed, charged and borne by whom. */
export const amounts: readonly Field[] = AMOUNTS.map(([name, description]) => field(name, 'money', `${description}, in cents.`, 'money'));
