import { type ErrorCode, ERROR_KINDS } from '@attune/core';
import type { z } from 'zod';
import { examples } from './openapi-examples.js';
import type { ApiOperation, BodyShape, FormPart, HeaderShapes, ResponseShape } from './operation.js';
import { API_TAGS } from './operation.js';
import { PATH_PARAMETERS } from './operation-parts.js';
import { operations } from './operations.js';
import { answerSchema, componentSchemas, requestSchema } from './openapi-schemas.js';
import { PROBLEM_MEDIA_TYPE } from './problem.api.js';

type Json = Record<string, unknown>;
type SchemaOf = (schema: z.ZodType) => Json;

/** What any operation may answer: a path that cannot be read, header fields beyond the limit, and our own trouble. */
const EVERYWHERE: readonly ErrorCode[] = ['validation_failed', 'header_too_large', 'internal', 'dependency_unavailable', 'overloaded'];
const WITH_KEY: readonly ErrorCode[] = ['unauthenticated', 'rate_limited', 'engine.failed', 'deadline_exceeded', 'artifact_corrupt'];

const REQUEST_ID: HeaderShapes = {
  'X-Request-Id': {
    description: 'Id of the request, taken over or made.',
    required: true,
    example: 'bc3ab9e4-3560-4e8f-b2ca-c589d36f4498',
  },
};
const RATE_LIMIT: HeaderShapes = {
  'RateLimit-Policy': { description: 'The limit that counts this request: requests (q) per seconds (w).', example: '"jobs";q=600;w=60' },
  RateLimit: { description: 'Requests left (r) until the window ends (t, in seconds).', example: '"jobs";r=41;t=13' },
};

/**
 * The OpenAPI 3.1 document of the HTTP API (JSON Schema 2020-12), made from the same schemas that parse requests and answers.
 * Equal arguments give equal documents. `servers` are base addresses; none means that the API is where the document is.
 */
export function openApiDocument({ version, servers = [] }: { version: string; servers?: readonly string[] }): object {
  const used = new Map<string, Json>();
  const paths: Record<string, Json> = {};
  for (const operation of operations) (paths[operation.path] ??= {})[operation.method] = operationObject(operation, used);
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'Attune',
      version,
      summary: 'Healthcare data in, clean standard data out.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    ...(servers.length === 0 ? {} : { servers: servers.map((url) => ({ url })) }),
    security: [{ bearer: [] }, { apiKey: [] }],
    tags: Object.entries(API_TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'The API key, `att_live_…`.' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
      responses: Object.fromEntries(used),
      schemas: componentSchemas(),
    },
  };
}

function operationObject(operation: ApiOperation, used: Map<string, Json>): Json {
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    ...(operation.description === undefined ? {} : { description: operation.description }),
    ...(operation.security === 'public' ? { security: [] } : {}),
    parameters: [...pathParameters(operation), ...queryParameters(operation), ...headerParameters(operation)],
    ...(operation.body === undefined ? {} : { requestBody: requestBody(operation.body) }),
    responses: responsesOf(operation, used),
  };
}

function pathParameters({ path }: ApiOperation): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => {
    const { description, example } = PATH_PARAMETERS[name!] ?? { description: name, example: '1' };
    return { name, in: 'path', required: true, description, schema: { type: 'string', minLength: 1 }, example };
  });
}

function queryParameters({ query }: ApiOperation): Json[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = requestSchema(query) as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

function headerParameters({ headers = {} }: ApiOperation): Json[] {
  return Object.entries(headers).map(([name, { description, required = false, example }]) => ({
    name,
    in: 'header',
    required,
    description,
    schema: { type: 'string' },
    ...(example === undefined ? {} : { example }),
  }));
}

function requestBody({ required, content }: NonNullable<ApiOperation['body']>): Json {
  return { required, content: mapped(content, (body) => mediaType(body, requestSchema)) };
}

function responsesOf(operation: ApiOperation, used: Map<string, Json>): Json {
  const common = operation.limit === 'none' ? REQUEST_ID : { ...REQUEST_ID, ...RATE_LIMIT };
  const responses: Json = {};
  for (const [status, response] of Object.entries(operation.responses)) responses[status] = responseObject(response, common);
  const codes = [...EVERYWHERE, ...(operation.security === 'key' ? WITH_KEY : []), ...operation.problems];
  const statuses = [...new Set(codes.map((code) => ERROR_KINDS[code].status))].sort((a, b) => a - b);
  for (const status of statuses) {
    const own = [...new Set(codes.filter((code) => ERROR_KINDS[code].status === status))].sort();
    const name = `${operation.security === 'key' ? 'Key' : 'Open'}.${status}.${own.join('-')}${operation.method === 'head' ? '.Head' : ''}`;
    const { content, ...bare } = problemResponse(status, own, common);
    // No answer to HEAD has a body (RFC 9110, section 9.3.2).
    const problem: Json = operation.method === 'head' ? bare : { ...bare, content };
    const answered = responses[String(status)] as Json | undefined;
    if (answered === undefined) {
      used.set(name, problem);
      responses[String(status)] = { $ref: `#/components/responses/${name}` };
    } else Object.assign(answered, { content: { ...(answered['content'] as Json), ...(problem['content'] as Json) } });
  }
  return responses;
}

function responseObject({ description, content, headers }: ResponseShape, common: HeaderShapes): Json {
  return {
    description,
    headers: mapped({ ...common, ...headers }, headerObject),
    ...(content === undefined ? {} : { content: mapped(content, (body) => mediaType(body, answerSchema)) }),
  };
}

function headerObject({ description, required = false, example }: HeaderShapes[string]): Json {
  return { description, required, schema: { type: 'string' }, ...(example === undefined ? {} : { example }) };
}

/** A problem of this status (RFC 9457); its code is one of those. */
function problemResponse(status: number, codes: readonly ErrorCode[], common: HeaderShapes): Json {
  const [first] = codes as readonly [ErrorCode];
  const retry = status === 423 || status === 429 || status === 503 || status === 507;
  const headers: HeaderShapes = {
    ...common,
    ...(retry ? { 'Retry-After': { description: 'Seconds to wait before asking again.', required: true, example: '2' } } : {}),
    ...(status === 401 ? { 'WWW-Authenticate': { description: 'The scheme to use.', required: true, example: 'Bearer' } } : {}),
  };
  const example = {
    ...examples.problem,
    type: `/problems/${first}`,
    title: ERROR_KINDS[first].title,
    status,
    code: first,
    retryable: retry,
  };
  return {
    description: codes.map((code) => `\`${code}\`: ${ERROR_KINDS[code].title}.`).join(' '),
    headers: mapped(headers, headerObject),
    content: {
      [PROBLEM_MEDIA_TYPE]: {
        schema: {
          $ref: '#/components/schemas/Problem',
          // Open like every enum of an answer; our own tests take it for closed.
          'x-problem-codes': codes,
        },
        example,
      },
    },
  };
}

function mediaType(body: BodyShape, schemaOf: SchemaOf): Json {
  const shown = 'example' in body && body.example !== undefined ? { example: body.example } : {};
  if (body.kind === 'json') return { schema: schemaOf(body.schema), ...exampleOf(body, schemaOf(body.schema)) };
  if (body.kind === 'lines') {
    const line = schemaOf(body.schema);
    const { example } = exampleOf(body, line);
    return {
      schema: { type: 'string', description: 'One JSON value per line.' },
      'x-line-schema': line,
      ...(example === undefined ? {} : { example: `${JSON.stringify(example)}\n` }),
    };
  }
  if (body.kind === 'bytes') return { schema: { type: 'string', format: 'binary' } };
  if (body.kind === 'form') return formType(body.parts, schemaOf);
  return { schema: { type: 'string' }, ...shown };
}

function formType(parts: Readonly<Record<string, FormPart>>, schemaOf: SchemaOf): Json {
  const required = Object.keys(parts).filter((name) => parts[name]!.required);
  const properties = mapped(parts, ({ description, schema }) =>
    schema === undefined ? { type: 'string', format: 'binary', description } : { ...schemaOf(schema), description },
  );
  const typed = Object.entries(parts).filter(([, { contentType }]) => contentType !== undefined);
  const encoding = Object.fromEntries(typed.map(([name, { contentType }]) => [name, { contentType }]));
  const shown = Object.entries(parts).filter(([, { example }]) => example !== undefined);
  return {
    schema: { type: 'object', properties, required, additionalProperties: false },
    encoding,
    example: Object.fromEntries(shown.map(([name, { example }]) => [name, example])),
  };
}

/** The body's own example, or that of its named shape. */
function exampleOf(body: { example?: unknown }, schema: Json): { example?: unknown } {
  if (body.example !== undefined) return { example: body.example };
  const reference = schema['$ref'];
  const name = typeof reference === 'string' ? reference.split('/').pop()! : '';
  const example = Object.hasOwn(examples.byName, name) ? examples.byName[name] : undefined;
  return example === undefined ? {} : { example };
}

function mapped<From, To>(from: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(from).map(([name, value]) => [name, change(value)]));
}
