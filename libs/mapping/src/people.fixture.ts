import { findEntity, type ColumnProfile, type Entity, type SampleProfile } from '@attune/core';
import { withoutSynonyms, type Synonyms } from './synonyms.js';

/** An entity by the names of its fields and their standardizers, for laws that depend on no real pack. */
export function entityOf(name: string, fields: Readonly<Record<string, string>>, essential: readonly string[] = []): Entity {
  return {
    name,
    plural: `${name}s`,
    fields: Object.entries(fields).map(([field, standardizer]) => ({
      name: field,
      standardizer,
      type: standardizer === 'date' ? 'date' : 'text',
      description: `The ${field} of a ${name}.`,
      ...(essential.includes(field) ? { essential: true } : {}),
    })),
  };
}

export const synonymsOf = (entity: string, some: Partial<Synonyms> = {}): Synonyms => ({ ...withoutSynonyms(entity), ...some });

export const person = findEntity('person') as Entity;

export const personNames = synonymsOf('person', {
  names: {
    patient_id: ['mrn'],
    birth_date: ['dob'],
    sex: ['gender'],
    zip_code: ['zip'],
    last_name: [{ name: 'name', confidence: 0.4 }],
    email: [{ name: 'mail', confidence: 0.9 }],
  },
  subject: ['patient'],
  others: ['provider'],
  coded: ['sex', 'state'],
  evidence: ['patient_id', 'birth_date'],
  ownEvidence: ['patient_id', 'birth_date'],
});

/** What values of one kind look like in a sample of 100. */
export const KINDS: Readonly<Record<string, Partial<ColumnProfile>>> = {
  id: { max_length: 36, distinct: 100, shapes: { uuid: 100 }, fits: { identifier: 100 } },
  date: { max_length: 10, distinct: 95, shapes: { date: 100 }, fits: { 'date:mdy': 100, 'date:dmy': 100, identifier: 100 } },
  sex: { max_length: 1, distinct: 2, shapes: { word: 100 }, fits: { sex: 100, identifier: 100 } },
  state: { max_length: 2, distinct: 40, shapes: { word: 100 }, fits: { 'us-state': 100, identifier: 100 } },
  zip: { max_length: 5, distinct: 90, shapes: { digits: 100 }, fits: { 'postal-code': 100, integer: 100, decimal: 100, identifier: 100 } },
  email: { max_length: 30, distinct: 100, shapes: { email: 100 }, fits: { email: 100, identifier: 100 } },
  word: { max_length: 12, distinct: 80, shapes: { word: 98, two_words: 2 }, fits: { identifier: 100 } },
  number: { max_length: 2, distinct: 52, shapes: { digits: 100 }, fits: { integer: 100, decimal: 100, identifier: 100 } },
  'last, first': { max_length: 20, distinct: 99, shapes: { last_comma_first: 99, word: 1 }, fits: { identifier: 100 } },
  'first last': { max_length: 20, distinct: 99, shapes: { two_words: 100 }, fits: { identifier: 100 } },
};

export function profileOf(kinds: readonly string[]): SampleProfile {
  const columns = kinds.map((kind, ordinal): ColumnProfile => ({
    ordinal,
    name: '',
    records: 100,
    nulls: 0,
    min_length: 1,
    max_length: 1,
    ...KINDS[kind],
    fits: {
      'date:mdy': 0,
      'date:dmy': 0,
      sex: 0,
      'us-state': 0,
      'postal-code': 0,
      phone: 0,
      ssn: 0,
      email: 0,
      decimal: 0,
      integer: 0,
      identifier: 0,
      ...KINDS[kind]!.fits,
    },
  }));
  return { records: 100, columns };
}

export const columnsNamed = (names: readonly string[]) => names.map((name, ordinal) => ({ ordinal, name }));
