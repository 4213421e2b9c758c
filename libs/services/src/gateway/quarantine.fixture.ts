import type { QuarantineRecord } from '@attune/api';
import type { Plan } from '@attune/core';

/** A plan over three columns, in a dialect of commas and double quotes. */
export function membersPlan(): Plan {
  return {
    version: 1,
    mapping: { version: 1, entity: 'person', fields: [], carried: [] },
    container: 'none',
    encoding: 'utf-8',
    format: 'delimited',
    dialect: { delimiter: 0x2c, quote: 0x22, header: true, bom: 0 },
    layout: null,
    json: null,
    table: null,
    columns: ['MRN', 'Name', 'City'].map((name, ordinal) => ({ ordinal, name })),
    null_tokens: [],
    comments: null,
    trailers: null,
    required: [],
    quarantine_limit: 0.2,
    options: { remove_duplicates: true, standardize_fields: true, validate_schema: true, output_formats: ['csv'] },
    received_at: '2024-01-01T00:00:00Z',
    engine_version: '1',
  };
}

/** Record 4 as it lies in the quarantine. */
export function setAside(raw: string, record = 4): QuarantineRecord {
  return {
    ...{ member: '', record, line: record + 1, byte_offset: record * 100, byte_length: Buffer.byteLength(raw) },
    ...{ column: null, field: null, code: 'csv.field_count', message: 'The record has more or fewer fields than the header.', raw },
  };
}
