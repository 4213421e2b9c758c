import { z } from 'zod';
import {
  MappingDiffBody,
  MappingDiffQuery,
  MappingList,
  MappingListQuery,
  MappingQuery,
  MappingRequest,
  MappingSuggestionBody,
  MappingSuggestionQuery,
  MappingTestBody,
  MappingTestRequest,
  StoredMappingBody,
} from './mapping.api.js';
import type { ApiOperation, HeaderShapes } from './operation.js';
import { answer, ETAG, IF_NONE_MATCH, json, NOT_MODIFIED } from './operation-parts.js';
import { SchemaBody, SchemaList } from './schema.api.js';

const MAPPINGS = '/api/v1/mappings';
const MAPPING = `${MAPPINGS}/{id}`;

const EXAMPLE_FIELD = { field: 'birth_date', from: [{ ordinal: 3, name: 'DOB' }], options: { order: 'mdy' } };
const EXAMPLE_REQUEST = { name: 'Members of plan A', mapping: { version: 1, entity: 'person', fields: [EXAMPLE_FIELD] } };

const IF_MATCH: HeaderShapes = {
  'If-Match': { description: 'The ETag of the version that was read; required.', example: '"1"' },
};
const LOCATION: HeaderShapes = {
  Location: { description: 'Path of the mapping.', required: true, example: '/api/v1/mappings/map_0197c0de-1111-7222-8333-444455556666' },
};

const common = { tag: 'Mappings', security: 'key', limit: 'api' } as const;

/** Mappings that a tenant keeps, suggestions, and the schemas that they map to (api.md, section 4). */
export const mappingOperations: readonly ApiOperation[] = [
  {
    ...common,
    id: 'createMapping',
    method: 'post',
    path: MAPPINGS,
    summary: 'Keep a mapping',
    body: { required: true, content: json(MappingRequest, EXAMPLE_REQUEST) },
    responses: { 201: answer('The mapping, at version 1.', StoredMappingBody, { ...ETAG, ...LOCATION }) },
    problems: ['payload_too_large', 'unsupported_media', 'mapping_invalid', 'plan.unresolved'],
  },
  {
    ...common,
    id: 'listMappings',
    method: 'get',
    path: MAPPINGS,
    summary: 'List mappings, newest first',
    query: MappingListQuery,
    responses: { 200: answer('A page of mappings, each at its latest version.', MappingList) },
    problems: ['cursor_invalid'],
  },
  {
    ...common,
    id: 'suggestMapping',
    method: 'post',
    path: `${MAPPINGS}/suggest`,
    summary: 'Suggest a mapping for a file',
    description: 'The body is the head of the file, at most 1 MiB. Nothing is kept and no job is made.',
    query: MappingSuggestionQuery,
    body: {
      required: true,
      content: {
        'application/octet-stream': { kind: 'bytes' },
        'multipart/form-data': {
          kind: 'form',
          parts: { file: { description: 'The head of the file, with a file name.', required: true } },
        },
      },
    },
    responses: { 200: answer('Which column would become which field, and why.', MappingSuggestionBody) },
    problems: [
      'payload_too_large',
      'unsupported_media',
      'unprocessable_file',
      'too_many_columns',
      'encoding',
      'container.corrupt',
      'encrypted_file',
      'zip_bomb',
      'mapping_invalid',
      'overloaded',
      'dependency_unavailable',
    ],
  },
  {
    ...common,
    id: 'readMapping',
    method: 'get',
    path: MAPPING,
    summary: 'Read a mapping',
    query: MappingQuery,
    headers: IF_NONE_MATCH,
    responses: { 200: answer('The mapping at the version asked for, else the latest.', StoredMappingBody, ETAG), 304: NOT_MODIFIED },
    problems: ['not_found'],
  },
  {
    ...common,
    id: 'reviseMapping',
    method: 'put',
    path: MAPPING,
    summary: 'Add a version of a mapping',
    headers: IF_MATCH,
    body: { required: true, content: json(MappingRequest, EXAMPLE_REQUEST) },
    responses: { 200: answer('The mapping at its new version.', StoredMappingBody, ETAG) },
    problems: [
      'not_found',
      'payload_too_large',
      'unsupported_media',
      'precondition_required',
      'precondition_failed',
      'mapping_invalid',
      'plan.unresolved',
    ],
  },
  {
    ...common,
    id: 'listMappingVersions',
    method: 'get',
    path: `${MAPPING}/versions`,
    summary: 'List the versions of a mapping, latest first',
    query: MappingListQuery,
    responses: { 200: answer('A page of versions.', MappingList) },
    problems: ['not_found', 'cursor_invalid'],
  },
  {
    ...common,
    id: 'diffMapping',
    method: 'get',
    path: `${MAPPING}/diff`,
    summary: 'Compare two versions of a mapping',
    query: MappingDiffQuery,
    responses: { 200: answer('What differs, field by field.', MappingDiffBody) },
    problems: ['not_found'],
  },
  {
    ...common,
    id: 'testMapping',
    method: 'post',
    path: `${MAPPING}/test`,
    summary: 'Try a mapping on a sample',
    body: { required: true, content: json(MappingTestRequest, { sample: 'id,DOB\nP1,3/9/1987\n' }) },
    responses: { 200: answer('What the mapping makes of the sample.', MappingTestBody) },
    problems: [
      'not_found',
      'payload_too_large',
      'unsupported_media',
      'unprocessable_file',
      'too_many_columns',
      'encoding',
      'container.corrupt',
      'encrypted_file',
      'zip_bomb',
      'mapping_invalid',
      'plan.unresolved',
      'overloaded',
      'dependency_unavailable',
    ],
  },
  {
    ...common,
    id: 'listSchemas',
    method: 'get',
    path: '/api/v1/schemas',
    summary: 'List the entities of the canonical model',
    query: z.strictObject({}),
    responses: { 200: answer('Every entity.', SchemaList) },
    problems: [],
  },
  {
    ...common,
    id: 'readSchema',
    method: 'get',
    path: '/api/v1/schemas/{entity}',
    summary: 'Read the schema of an entity',
    query: z.strictObject({}),
    responses: { 200: answer('The fields of the entity, in their order.', SchemaBody) },
    problems: ['not_found'],
  },
];
