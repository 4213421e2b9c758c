import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { openApi, type OperationObject, type ParameterObject } from './contract.js';
import { jsonText, text, valid, wellFormed } from './fuzz-values.js';

/** Things that exist, found while requests are made; a request says which one by number. */
export interface Pool {
  readonly jobs: string[];
  readonly spare: string[];
  readonly mappings: string[];
  readonly rules: string[];
  readonly uploads: string[];
  readonly webhooks: string[];
  readonly schedules: string[];
  /** These may be deleted. */
  readonly spareUploads: string[];
  readonly spareRules: string[];
  readonly spareWebhooks: string[];
  readonly spareSchedules: string[];
  readonly etags: string[];
  readonly cursors: string[];
}

export interface FuzzRequest {
  readonly operation: string;
  readonly method: string;
  readonly path: (pool: Pool) => string;
  readonly query: (pool: Pool) => string;
  readonly headers: (pool: Pool) => Record<string, string>;
  readonly key: 'right' | 'none' | 'wrong';
  readonly body: string | FormData | undefined;
}

type Chosen = (pool: Pool) => string;

const fixed =
  (value: string): Chosen =>
  () =>
    value;
const from =
  (which: keyof Pool, at: number): Chosen =>
  (pool) =>
    pool[which].at(at % Math.max(1, pool[which].length)) ?? randomUUID();
const FILES = [
  'patient_id,first_name,birth_date\nP1,Ada,1980-01-02\nP2,Bo,02/30/1980\nP1,Ada,1980-01-02\n',
  'id|name\n1|a\n',
  'no header here',
  'a,b\n"x,1\n',
  '',
  '\u0000\u0001\u0002',
  '[{"a":1}]',
];

/** Requests over every operation of the document: paths, parameters, header fields and bodies as documented, and not quite. */
export function requests(): fc.Arbitrary<FuzzRequest> {
  const all = Object.entries(openApi.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => requestOf(path, method, operation)),
  );
  return fc.oneof(...all);
}

function requestOf(path: string, method: string, operation: OperationObject): fc.Arbitrary<FuzzRequest> {
  const destructive = method === 'delete' || path.endsWith('/cancel');
  return fc
    .record({
      method: fc.oneof(
        { weight: 30, arbitrary: fc.constant(method) },
        { weight: 1, arbitrary: fc.constantFrom('put', 'patch', 'delete', 'get') },
      ),
      path: pathOf(path, destructive),
      query: queryOf(operation.parameters.filter((parameter) => parameter.in === 'query')),
      headers: headersOf(operation),
      key: fc.oneof(
        { weight: 40, arbitrary: fc.constant('right' as const) },
        { weight: 1, arbitrary: fc.constantFrom('none' as const, 'wrong' as const) },
      ),
      body: bodyOf(operation),
    })
    .map(({ method: chosen, body, headers, path: made, ...rest }) => {
      const bare = chosen === 'get' || chosen === 'head' || body === undefined;
      // A wrong method must not remove what the others read.
      const target = chosen === 'delete' && !destructive ? fixed(path.replace(/\{\w+\}/g, randomUUID())) : made;
      return {
        ...rest,
        path: target,
        operation: operation.operationId,
        method: chosen,
        headers: (pool: Pool) => ({ ...headers(pool), ...(bare || body.type === undefined ? {} : { 'content-type': body.type }) }),
        body: bare ? undefined : body.content,
      };
    });
}

function poolOf(template: string, destructive: boolean): keyof Pool {
  if (template.includes('/rules')) return destructive ? 'spareRules' : 'rules';
  if (template.includes('/uploads')) return destructive ? 'spareUploads' : 'uploads';
  if (template.includes('/webhooks')) return destructive ? 'spareWebhooks' : 'webhooks';
  if (template.includes('/schedules')) return destructive ? 'spareSchedules' : 'schedules';
  if (template.includes('/mappings')) return 'mappings';
  return destructive ? 'spare' : 'jobs';
}

function pathOf(template: string, destructive: boolean): fc.Arbitrary<Chosen> {
  const kind = poolOf(template, destructive);
  const ids: fc.Arbitrary<Chosen> = fc.oneof(
    { weight: 12, arbitrary: fc.nat(50).map((at) => from(kind, at)) },
    {
      weight: 2,
      arbitrary: fc.nat(50).map((at) => (pool: Pool) => (destructive ? randomUUID() : from('jobs', at)(pool).replace(/^\w+_/, ''))),
    },
    { weight: 1, arbitrary: fc.uuid().map((id) => fixed(`job_${id}`)) },
    { weight: 1, arbitrary: text.map(fixed) },
  );
  const known: Readonly<Record<string, readonly string[]>> = {
    code: ['not_found', 'quarantine.limit', '__proto__'],
    kind: ['manifest', 'quality', 'plan', 'plan_findings', 'lineage', 'silver', 'quarantine', 'detection', 'result_csv'],
    name: ['person', 'claim', 'coverage'],
    entity: ['person', 'claim'],
    tenant: ['local', 'nobody'],
    version: ['1', '2', '0'],
    file: ['swagger-ui.css', 'package.json'],
  };
  const parts = template.split(/(\{\w+\})/).map((part): fc.Arbitrary<Chosen> => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined) return fc.constant(fixed(part));
    const values: fc.Arbitrary<Chosen> =
      name === 'id'
        ? ids
        : fc.oneof(
            { weight: 8, arbitrary: fc.constantFrom(...(known[name] ?? ['1'])).map(fixed) },
            { weight: 1, arbitrary: text.map(fixed) },
          );
    return values.map(
      (value): Chosen =>
        (pool) =>
          encoded(value(pool)),
    );
  });
  return fc.tuple(...parts).map(
    (chosen): Chosen =>
      (pool) =>
        chosen.map((part) => part(pool)).join(''),
  );
}

function queryOf(parameters: readonly ParameterObject[]): fc.Arbitrary<Chosen> {
  const each = parameters.map(({ name, schema, required }): fc.Arbitrary<Chosen> => {
    const right = name === 'wait' ? fc.constantFrom('0', '1') : valid(schema).map(String);
    const values: fc.Arbitrary<Chosen> =
      name === 'cursor'
        ? fc.oneof(
            fc.nat(50).map((at) => from('cursors', at)),
            text.map(fixed),
          )
        : fc.oneof({ weight: 8, arbitrary: right.map(fixed) }, { weight: 1, arbitrary: text.map(fixed) });
    const given = values.map(
      (value): Chosen =>
        (pool) =>
          `${name}=${encoded(value(pool))}`,
    );
    return fc.oneof({ weight: required ? 1 : 3, arbitrary: fc.constant(fixed('')) }, { weight: required ? 9 : 2, arbitrary: given });
  });
  const odd = fc.oneof(
    { weight: 30, arbitrary: fc.constant('') },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'colour=red',
        'limit=1&limit=2',
        'a[b]=1',
        '%zz',
        'limit[]=1',
        '__proto__=1',
        'wait=-1',
        '&&&',
        'api_key=x',
      ),
    },
  );
  return fc.tuple(odd, ...each).map(([strange, ...chosen]) => (pool: Pool) => {
    const given = [strange, ...chosen.map((value) => value(pool))].filter((part) => part !== '').join('&');
    return given === '' ? '' : `?${given}`;
  });
}

const HEADERS: Readonly<Record<string, readonly string[]>> = {
  accept: [
    '*/*',
    'application/json',
    'text/csv',
    'text/event-stream',
    'application/x-ndjson',
    'image/png',
    'garbage',
    'text/plain;q=0.1, */*;q=0',
  ],
  range: [
    'bytes=0-9',
    'bytes=-5',
    'bytes=5-',
    'bytes=9-0',
    'bytes=999999-',
    'bytes=0-1,3-4',
    'lines=1-2',
    'bytes=',
    'bytes=0-99999999999999999999',
  ],
  'if-range': ['"1"', 'W/"1"', 'Wed, 21 Oct 2015 07:28:00 GMT'],
  'if-none-match': ['*', '"1"', 'W/"1"', 'garbage', '"a", "b"', '"'],
  'if-match': ['*', '"1"', '"2"', 'W/"1"', 'garbage', '""'],
  'last-event-id': ['0', '1', '3', '999999', '-1', 'x', '9'.repeat(30)],
  prefer: ['respond-async', 'wait=1', 'wait=0', 'wait=x', 'return=minimal', 'wait=-1, respond-async'],
  'idempotency-key': ['a', 'b', 'c', 'with space', 'x'.repeat(255), 'x'.repeat(256)],
  'tus-resumable': ['1.0.0', '1.0.0', '0.2.2'],
  'upload-length': ['8', '1', '0', '-1', '9'.repeat(20)],
  'upload-offset': ['0', '4', 'x'],
  'upload-metadata': ['filename cGVvcGxlLmNzdg==', 'a', 'sha256 YQ==', ','],
  'x-request-id': ['r-1', '<script>', 'x'.repeat(500)],
  traceparent: ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', 'garbage'],
  'content-encoding': ['gzip', 'x'],
};

function headersOf(operation: OperationObject): fc.Arbitrary<(pool: Pool) => Record<string, string>> {
  const own = new Set(operation.parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name.toLowerCase()));
  const each = Object.entries(HEADERS).map(([name, values]) => {
    const documented = own.has(name);
    const given: fc.Arbitrary<Chosen> = /^if-/.test(name)
      ? fc.oneof(
          { weight: 3, arbitrary: fc.nat(50).map((at) => from('etags', at)) },
          { weight: 1, arbitrary: fc.constantFrom(...values).map(fixed) },
        )
      : fc.constantFrom(...values).map(fixed);
    return fc.oneof(
      { weight: documented ? 1 : 15, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: given.map((value) => [name, value] as const) },
    );
  });
  return fc
    .tuple(...each)
    .map(
      (chosen) => (pool: Pool) =>
        Object.fromEntries(chosen.filter((entry) => entry !== undefined).map(([name, value]) => [name, value(pool)])),
    );
}

interface Body {
  readonly type?: string;
  readonly content: string | FormData;
}

function bodyOf(operation: OperationObject): fc.Arbitrary<Body | undefined> {
  const content = Object.entries(operation.requestBody?.content ?? {});
  if (content.length === 0) return fc.option(fc.constant<Body>({ type: 'application/json', content: '{}' }), { nil: undefined, freq: 20 });
  const right = content.map(([type, { schema }]): fc.Arbitrary<Body> => {
    if (type === 'multipart/form-data') return form(schema);
    return (type.endsWith('json') ? jsonText(schema) : fc.constantFrom(...FILES)).map((made) => ({ type, content: made }));
  });
  const wrong = fc.record({
    type: fc.constantFrom('text/plain', 'application/xml', 'multipart/form-data', 'application/json', 'garbage'),
    content: text,
  });
  return fc.oneof(
    { weight: 12, arbitrary: fc.oneof(...right) },
    { weight: 1, arbitrary: wrong },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
}

function form(schema: Record<string, unknown>): fc.Arbitrary<Body> {
  const parts = Object.entries(schema['properties'] as Record<string, Record<string, unknown>>).map(([name, part]) => {
    const isFile = part['format'] === 'binary';
    const value = isFile
      ? fc.constantFrom(...FILES.slice(0, 1), ...FILES)
      : jsonText(part).map((made) => (part['$ref'] !== undefined && /^"\w*"$/.test(made) ? made.slice(1, -1) : made));
    return fc.oneof(
      { weight: isFile ? 1 : 6, arbitrary: fc.constant(undefined) },
      { weight: isFile ? 12 : 2, arbitrary: value.map((made) => ({ name, made, isFile })) },
    );
  });
  const odd = fc.option(
    text.map((made) => ({ name: 'colour', made, isFile: false })),
    { nil: undefined, freq: 25 },
  );
  return fc.tuple(odd, ...parts).map((chosen) => {
    const content = new FormData();
    for (const part of chosen) {
      if (part === undefined) continue;
      if (part.isFile) content.append(part.name, new Blob([part.made]), 'people.csv');
      else content.append(part.name, wellFormed(part.made));
    }
    return { content };
  });
}

/** Percent-encoded, a lone surrogate as the replacement character; dots too, which a URL would otherwise swallow. */
function encoded(value: string): string {
  const made = encodeURIComponent(wellFormed(value));
  return /^\.+$/.test(made) || made === '' ? `${made}%20` : made;
}
