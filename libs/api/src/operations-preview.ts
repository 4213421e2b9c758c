import type { ApiOperation } from './operation.js';
import { json } from './operation-parts.js';
import { PreviewBody, PreviewQuery } from './preview.api.js';

const EXAMPLE: PreviewBody = {
  detection: {
    format: 'delimited',
    container: 'none',
    encoding: 'utf-8',
    confidence: 0.98,
    evidence: ['3 of 3 lines have 2 fields'],
    delimiter: ',',
    has_header: true,
  },
  columns: [
    { ordinal: 0, name: 'Surname' },
    { ordinal: 1, name: 'zz' },
  ],
  mapping: {
    version: 1,
    entity: 'person',
    fields: [
      {
        field: 'last_name',
        from: [{ ordinal: 0, name: 'Surname' }],
        standardizer: 'name',
        options: {},
        confidence: 0.97,
        reasons: ['"surname" is a known name of last_name.'],
      },
    ],
    carried: [{ ordinal: 1, name: 'zz' }],
  },
  unsure: [{ ordinal: 1, name: 'zz', field: null, confidence: 0, reasons: ['Nothing is known by this name.'] }],
  sample: {
    records: 2,
    quarantined: 0,
    data: [
      {
        record: 1,
        line: 2,
        byte_offset: 11,
        status: 'out',
        code: null,
        values: [
          { field: 'last_name', columns: [0], received: 'WINTER', canonical: 'Winter', finding: null },
          { field: 'source.zz', columns: [1], received: '1', canonical: '1', finding: null },
        ],
      },
    ],
  },
  findings: [],
};

/** Looking at a file without a job (api.md, section 5). */
export const previewOperations: readonly ApiOperation[] = [
  {
    id: 'previewFile',
    method: 'post',
    path: '/api/v1/preview',
    tag: 'Jobs',
    summary: 'See what a job would make of a file',
    description: 'Takes a file of at most 1 MiB, or the head of a larger one. Nothing is kept, and no job is made.',
    security: 'key',
    limit: 'api',
    query: PreviewQuery,
    body: {
      required: true,
      content: {
        'application/octet-stream': { kind: 'bytes' },
        'multipart/form-data': {
          kind: 'form',
          parts: { file: { description: 'The file or its head, with a file name.', required: true } },
        },
      },
    },
    responses: {
      200: { description: 'What the file is, and what would become of its first records.', content: json(PreviewBody, EXAMPLE) },
    },
    problems: [
      'payload_too_large',
      'unsupported_media',
      'unprocessable_file',
      'too_many_columns',
      'encoding',
      'encrypted_file',
      'zip_bomb',
      'container.corrupt',
      'mapping_invalid',
      'overloaded',
      'dependency_unavailable',
    ],
  },
];
