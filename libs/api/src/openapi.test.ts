import { PATH_PARAMETERS } from './operation-parts.js';
import { openApiDocument } from './openapi.js';
import { operationAt, operations } from './operations.js';

interface Media {
  readonly example?: unknown;
}
interface Documented {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, { readonly $ref?: string; readonly content?: Readonly<Record<string, Media>> }>>;
}
const document = openApiDocument({ version: '1.2.3', servers: ['https://attune.example'] }) as {
  readonly openapi: string;
  readonly servers: unknown;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Documented>>>>;
  readonly components: { readonly responses: Record<string, unknown>; readonly schemas: Record<string, unknown> };
};
const documented = Object.values(document.paths).flatMap((methods) => Object.values(methods));

test('the document is OpenAPI 3.1 and equal arguments give equal bytes', () => {
  expect(document).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' }, servers: [{ url: 'https://attune.example' }] });
  const again = openApiDocument({ version: '1.2.3', servers: ['https://attune.example'] });
  expect(JSON.stringify(again)).toBe(JSON.stringify(document));
});

test('every operation has a name and a place of its own', () => {
  expect(new Set(operations.map(({ id }) => id)).size).toBe(operations.length);
  expect(documented.map(({ operationId }) => operationId).sort()).toEqual(operations.map(({ id }) => id).sort());
  for (const operation of operations) expect(operationAt(operation.method.toUpperCase(), operation.path)).toBe(operation);
  expect(operationAt('GET', '/api/v1/jobs/:id/result')?.id).toBe('readResult');
  expect(operationAt('PUT', '/nowhere')).toBeUndefined();
});

test('every parameter of a path is explained', () => {
  for (const { path } of operations)
    for (const [, name] of path.matchAll(/\{(\w+)\}/g)) expect(Object.keys(PATH_PARAMETERS)).toContain(name);
});

test('every reference leads somewhere, and every component is used', () => {
  const text = JSON.stringify(document);
  const references = [...new Set([...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference!))];
  for (const reference of references) {
    const [, kind, name] = /^#\/components\/(\w+)\/([\w.-]+)$/.exec(reference) ?? [];
    expect([reference, Object.keys((document.components as Record<string, object>)[kind!] ?? {}).includes(name!)]).toEqual([
      reference,
      true,
    ]);
  }
  const unused = Object.keys(document.components.schemas).filter((name) => !references.includes(`#/components/schemas/${name}`));
  expect(unused).toEqual([]);
});

test('every request and answer with a shape is shown by an example', () => {
  const bare = documented.flatMap(({ operationId, requestBody, responses }) => {
    const contents = [requestBody?.content, ...Object.values(responses).map(({ content }) => content)];
    return contents
      .flatMap((content) => Object.entries(content ?? {}))
      .filter(([type, { example }]) => example === undefined && /json|form-data/.test(type))
      .map(([type]) => `${operationId} ${type}`);
  });
  expect(bare).toEqual([]);
});

test('operations with a key are limited and say so; the others are not', () => {
  for (const { security, limit, method, path } of operations) {
    expect([path, limit === 'none']).toEqual([path, security === 'public']);
    const { responses } = document.paths[path]![method]!;
    expect(Object.keys(responses).includes('429')).toBe(security === 'key');
    expect(Object.keys(responses).includes('401')).toBe(security === 'key');
  }
});
