import type { MappingDiffBody, MappingList, MappingSuggestionBody, MappingTestBody, StoredMappingBody } from './mapping.api.js';
import type { SchemaBody, SchemaList } from './schema.api.js';

const summary = {
  mapping_id: 'map_0197c0de-1111-7222-8333-444455556666',
  version: 2,
  name: 'Members of plan A',
  entity: 'person',
  created_at: '2026-03-02T09:00:00.000Z',
};
const from = [{ ordinal: 3, name: 'DOB' }];
const field = { field: 'birth_date', from, standardizer: 'date', options: { order: 'mdy' }, confidence: 1, reasons: [] };

const stored: StoredMappingBody = { ...summary, mapping: { version: 1, entity: 'person', fields: [field] } };

const difference: MappingDiffBody = {
  from: 1,
  to: 2,
  entity: null,
  added: [],
  removed: [],
  changed: [{ field: 'birth_date', changed: ['options'], before: { ...field, options: { order: 'dmy' } }, after: field }],
  columns_added: [],
  columns_removed: [],
};

const suggestion: MappingSuggestionBody = {
  detection: {
    format: 'delimited',
    container: 'none',
    encoding: 'utf-8',
    confidence: 0.98,
    evidence: ['40 of 40 lines have 5 fields'],
    delimiter: ',',
    has_header: true,
  },
  columns: from,
  mapping: { version: 1, entity: 'person', fields: [{ ...field, confidence: 0.98, reasons: ['The name is a known one.'] }], carried: [] },
  unsure: [],
  fingerprint: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
};

const trial: MappingTestBody = {
  mapping_id: summary.mapping_id,
  version: 2,
  sample: {
    records: 1,
    quarantined: 0,
    data: [
      {
        record: 1,
        line: 2,
        byte_offset: 7,
        status: 'out',
        code: null,
        values: [{ field: 'birth_date', columns: [3], received: '3/9/1987', canonical: '1987-03-09', finding: null }],
      },
    ],
  },
  fields: [{ field: 'birth_date', from, received: 1, fits: 1, nulls: 0, findings: [], first: [] }],
  findings: [],
};

const schema: SchemaBody = {
  entity: 'person',
  plural: 'persons',
  pack: 'clinical',
  fields: [{ name: 'birth_date', type: 'date', standardizer: 'date', description: 'Day of birth.', essential: true }],
  standardizers: [{ name: 'date', produces: 'date', description: 'Calendar dates as hospitals write them.' }],
};

/** Mappings and what they map to, by the name of their shape. */
export const mappingExamples: Readonly<Record<string, unknown>> = {
  MappingDiff: difference,
  MappingList: { data: [summary], next_cursor: null, has_more: false } satisfies MappingList,
  MappingSuggestion: suggestion,
  MappingTest: trial,
  Schema: schema,
  SchemaList: { data: [{ entity: 'person', plural: 'persons', fields: 31, pack: 'clinical' }] } satisfies SchemaList,
  StoredMapping: stored,
};
