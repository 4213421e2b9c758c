import { HealthBody, LiveBody, ReadyBody } from './health.api.js';
import type { ApiOperation, HeaderShapes, ResponseShape } from './operation.js';
import { answer, ETAG, IF_NONE_MATCH, json, NOT_MODIFIED } from './operation-parts.js';
import { OpenApiBody } from './openapi-body.js';
import { VersionBody } from './version.api.js';

type Own = Pick<ApiOperation, 'id' | 'path' | 'summary' | 'responses'> & Partial<ApiOperation>;

const open = (own: Own): ApiOperation => ({
  method: 'get',
  tag: 'Platform',
  security: 'public',
  limit: 'none',
  problems: [],
  ...own,
});

const CACHED: HeaderShapes = { 'Cache-Control': { description: 'How long it may be kept.', required: true, example: 'no-cache' } };

const PROMETHEUS: ResponseShape = {
  description: 'The metrics of this process.',
  content: {
    'text/plain': { kind: 'text', example: '# TYPE http_inflight gauge\nhttp_inflight 1\n' },
    'application/openmetrics-text': { kind: 'text' },
  },
};

const version = (id: string, path: string): ApiOperation =>
  open({ id, path, summary: 'What is running', responses: { 200: answer('Version, commit and time of the build.', VersionBody) } });

const metrics = (id: string, path: string): ApiOperation =>
  open({ id, path, summary: 'Metrics for Prometheus', responses: { 200: PROMETHEUS }, problems: ['not_acceptable'] });

/** What every process answers, and the documentation of the gateway (api.md, section 4, Platform). */
export const platformOperations: readonly ApiOperation[] = [
  open({
    id: 'isLive',
    path: '/health/live',
    summary: 'Whether the process turns',
    responses: { 200: answer('It does; nothing else was asked.', LiveBody) },
  }),
  open({
    id: 'isReady',
    path: '/health/ready',
    summary: 'Whether the process takes work',
    responses: { 200: answer('It does.', ReadyBody), 503: answer('Not now.', ReadyBody) },
  }),
  open({
    id: 'readContainerHealth',
    path: '/health',
    summary: 'Health, for containers',
    responses: { 200: answer('The process answers; `status` says how well.', HealthBody) },
  }),
  open({
    id: 'readHealth',
    path: '/api/v1/health',
    summary: 'Health of the dependencies',
    responses: { 200: answer('Healthy or degraded.', HealthBody), 503: answer('Unhealthy.', HealthBody) },
  }),
  version('readProcessVersion', '/version'),
  version('readVersion', '/api/v1/version'),
  metrics('readProcessMetrics', '/metrics'),
  metrics('readMetrics', '/api/v1/metrics'),
  open({
    id: 'readProblem',
    path: '/problems/{code}',
    summary: 'What a problem code means',
    responses: { 200: { description: 'An explanation for people.', content: { 'text/plain': { kind: 'text' } } } },
    problems: ['not_found'],
  }),
  open({
    id: 'readOpenApi',
    path: '/openapi.json',
    summary: 'This document',
    headers: IF_NONE_MATCH,
    responses: {
      200: {
        description: 'OpenAPI 3.1.',
        content: json(OpenApiBody, { openapi: '3.1.0', info: { title: 'Attune', version: '0.1.0' }, paths: {} }),
        headers: { ...ETAG, ...CACHED },
      },
      304: NOT_MODIFIED,
    },
  }),
  open({
    id: 'readDocs',
    path: '/docs',
    summary: 'This document, to be read and tried',
    responses: { 200: { description: 'A page.', content: { 'text/html': { kind: 'text' } }, headers: CACHED } },
  }),
  open({
    id: 'readDocsFile',
    path: '/docs/{version}/{file}',
    summary: 'A file of the documentation page',
    responses: {
      200: {
        description: 'Style, script or icon; never changes under its version.',
        content: { 'text/css': { kind: 'text' }, 'text/javascript': { kind: 'text' }, 'image/png': { kind: 'bytes' } },
        headers: CACHED,
      },
    },
    problems: ['not_found'],
  }),
];
