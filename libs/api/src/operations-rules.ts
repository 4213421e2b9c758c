import type { ApiOperation, HeaderShapes } from './operation.js';
import { answer, ETAG, IF_NONE_MATCH, json, NOT_MODIFIED } from './operation-parts.js';
import { DefaultRulesBody, RuleSetList, RuleSetListQuery, RuleSetRequest, StoredRuleSetBody } from './rule.api.js';

const RULES = '/api/v1/rules';
const RULE_SET = `${RULES}/{id}`;
const YAML_TYPE = 'application/yaml';

const EXAMPLE_REQUEST = {
  name: 'Claims of plan A',
  rules: {
    version: 1,
    entity: 'claim',
    rules: [{ id: 'paid-not-above-a-million', kind: 'range', field: 'paid_amount', max: 100_000_000 }],
  },
};
const EXAMPLE_YAML =
  'version: 1\nentity: claim\nrules:\n  - id: paid-not-above-a-million\n    kind: range\n    field: paid_amount\n    max: 100000000\n';

const IF_MATCH: HeaderShapes = {
  'If-Match': { description: 'The ETag of the version that was read; required.', example: '"1"' },
};
const LOCATION: HeaderShapes = {
  Location: { description: 'Path of the rules.', required: true, example: '/api/v1/rules/rul_0197c0de-1111-7222-8333-444455556666' },
};

const common = { tag: 'Rules', security: 'key', limit: 'api' } as const;

/** Documents of rules that a tenant keeps, and the rules that Attune brings along (docs/reference/rules.md). */
export const ruleOperations: readonly ApiOperation[] = [
  {
    ...common,
    id: 'createRules',
    method: 'post',
    path: RULES,
    summary: 'Keep a document of rules',
    body: { required: true, content: json(RuleSetRequest, EXAMPLE_REQUEST) },
    responses: { 201: answer('The rules, at version 1.', StoredRuleSetBody, { ...ETAG, ...LOCATION }) },
    problems: ['payload_too_large', 'unsupported_media'],
  },
  {
    ...common,
    id: 'listRules',
    method: 'get',
    path: RULES,
    summary: 'List documents of rules, newest first',
    query: RuleSetListQuery,
    responses: { 200: answer('A page of documents.', RuleSetList) },
    problems: ['cursor_invalid'],
  },
  {
    ...common,
    id: 'readDefaultRules',
    method: 'get',
    path: `${RULES}/defaults/{entity}`,
    summary: 'Read the rules that Attune brings along for an entity',
    responses: { 200: answer('Every rule, and what it says.', DefaultRulesBody) },
    problems: ['not_found'],
  },
  {
    ...common,
    id: 'readRules',
    method: 'get',
    path: RULE_SET,
    summary: 'Read a document of rules',
    description: 'With `Accept: application/yaml` the document alone, as YAML.',
    headers: IF_NONE_MATCH,
    responses: {
      200: {
        description: 'The rules.',
        content: { ...json(StoredRuleSetBody), [YAML_TYPE]: { kind: 'text', example: EXAMPLE_YAML } },
        headers: ETAG,
      },
      304: NOT_MODIFIED,
    },
    problems: ['not_found'],
  },
  {
    ...common,
    id: 'reviseRules',
    method: 'put',
    path: RULE_SET,
    summary: 'Replace a document of rules',
    description: 'Jobs that were submitted with it before keep what it held then.',
    headers: IF_MATCH,
    body: { required: true, content: json(RuleSetRequest, EXAMPLE_REQUEST) },
    responses: { 200: answer('The rules at their new version.', StoredRuleSetBody, ETAG) },
    problems: ['not_found', 'payload_too_large', 'unsupported_media', 'precondition_required', 'precondition_failed'],
  },
  {
    ...common,
    id: 'deleteRules',
    method: 'delete',
    path: RULE_SET,
    summary: 'Delete a document of rules',
    responses: { 204: { description: 'It is gone.' } },
    problems: ['not_found'],
  },
];
