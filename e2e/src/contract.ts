import { openApiDocument, PROBLEM_MEDIA_TYPE } from '@attune/api';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

export interface MediaObject {
  readonly schema: Record<string, unknown>;
  readonly 'x-line-schema'?: Record<string, unknown>;
  readonly example?: unknown;
}
export interface ResponseObject {
  readonly $ref?: string;
  readonly headers?: Readonly<Record<string, { readonly required?: boolean }>>;
  readonly content?: Readonly<Record<string, MediaObject>>;
}
export interface ParameterObject {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: Record<string, unknown>;
  readonly example?: unknown;
}
export interface OperationObject {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly security?: readonly unknown[];
  readonly parameters: readonly ParameterObject[];
  readonly requestBody?: { readonly required: boolean; readonly content: Readonly<Record<string, MediaObject>> };
  readonly responses: Readonly<Record<string, ResponseObject>>;
}
export interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components: {
    readonly responses: Readonly<Record<string, ResponseObject>>;
    readonly schemas: Readonly<Record<string, Record<string, unknown>>>;
  };
}

/** Larger bodies are checked by their head alone: they are files, and tests of their own read them. */
const BODY_BYTES = 16 * 1024 * 1024;
const ROOT_ID = 'openapi';

export const openApi = openApiDocument({ version: '0.0.0' }) as OpenApi;

// Our own answers are taken as closed: a member that nobody has documented fails, although callers must tolerate it.
const ajv = new Ajv2020({ strict: false, validateSchema: false, allErrors: true });
addFormats.default(ajv);
ajv.addFormat('base64', /^[A-Za-z0-9+/]*={0,2}$/);
ajv.addSchema(closed(openApi) as Record<string, unknown>, ROOT_ID);
const compiled = new Map<string, ValidateFunction>();

const routes = Object.keys(openApi.paths)
  .map((template) => ({ template, pattern: new RegExp(`^${template.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`) }))
  .sort((a, b) => a.template.split('{').length - b.template.split('{').length);

/** The template that the path belongs to; one that has the method goes first, then a literal one before one with parameters. */
export function templateOf(path: string, method: string): string | undefined {
  const fitting = routes.filter(({ pattern }) => pattern.test(path));
  return (fitting.find(({ template }) => method in openApi.paths[template]!) ?? fitting[0])?.template;
}

/** `fetch` for tests: what is answered is documented, in status, content type, header fields and body, or the call fails. */
export const verifiedFetch: typeof fetch = async (input, init) => {
  const answer = await fetch(input, init);
  const url = new URL(input instanceof Request ? input.url : input);
  const method = (init?.method ?? (input instanceof Request ? input.method : 'GET')).toLowerCase();
  const faults = await faultsOf(method, url.pathname, answer);
  if (faults.length === 0) return answer;
  throw new Error(`${method.toUpperCase()} ${url.pathname} answered ${answer.status}, which is not as documented: ${faults.join('; ')}`);
};

/** What of the answer is not documented; its body stays readable. */
export async function faultsOf(method: string, path: string, answer: Response): Promise<string[]> {
  const template = templateOf(path, method);
  const operation = template === undefined ? undefined : openApi.paths[template]![method];
  if (operation === undefined) return unrouted(template, method, answer);
  const pointer = `paths/${segment(template!)}/${method}/responses/${answer.status}`;
  const response = operation.responses[answer.status];
  if (response === undefined) return [`status ${answer.status} is not documented`];
  if (response.$ref === undefined) return judge(response, pointer, answer);
  const name = response.$ref.split('/').pop()!;
  return judge(openApi.components.responses[name]!, `components/responses/${segment(name)}`, answer);
}

/** Paths and methods that are in nobody's document have two answers. */
async function unrouted(template: string | undefined, method: string, answer: Response): Promise<string[]> {
  if (method === 'options' && answer.status === 204) return [];
  if (method === 'head') return (await answer.clone().text()) === '' ? [] : ['an answer to HEAD has a body'];
  const { code } = await problemIn(answer);
  if (template === undefined) return code === 'not_found' || code === 'validation_failed' ? [] : [`an unknown path is answered ${code}`];
  return code === 'method_not_allowed' && answer.headers.has('allow') ? [] : [`an unknown method is answered ${code}`];
}

async function judge(response: ResponseObject, pointer: string, answer: Response): Promise<string[]> {
  const faults = Object.entries(response.headers ?? {})
    .filter(([name, { required }]) => required === true && !answer.headers.has(name))
    .map(([name]) => `header ${name} is missing`);
  const given = answer.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (response.content === undefined) return (await answer.clone().text()) === '' ? faults : [...faults, 'it has a body'];
  const media = given === undefined ? undefined : response.content[given];
  if (media === undefined) return [...faults, `content type ${given} is not documented`];
  return [...faults, ...(await bodyFaults(media, `${pointer}/content/${segment(given!)}`, given!, answer))];
}

async function bodyFaults(media: MediaObject, pointer: string, type: string, answer: Response): Promise<string[]> {
  const size = Number(answer.headers.get('content-length') ?? 0);
  const lines = media['x-line-schema'] !== undefined;
  // A part of a file is no JSON, and a stream of events ends when it likes.
  if (size > BODY_BYTES || answer.status === 206 || !(lines || type.endsWith('json'))) return [];
  const text = await answer.clone().text();
  const validate = validator(`${pointer}/${lines ? 'x-line-schema' : 'schema'}`);
  const faults: string[] = [];
  for (const part of lines ? text.split('\n').filter(Boolean) : [text]) {
    const value = JSON.parse(part) as unknown;
    if (!validate(value)) faults.push(...(validate.errors ?? []).map((e) => `${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`));
    const codes = media.schema['x-problem-codes'] as readonly string[] | undefined;
    const { code } = value as { code?: string };
    if (codes !== undefined && !codes.includes(code!)) faults.push(`problem ${code} is not documented`);
    if (faults.length > 0) break;
  }
  return faults.slice(0, 5);
}

async function problemIn(answer: Response): Promise<{ code?: string }> {
  if (answer.headers.get('content-type')?.startsWith(PROBLEM_MEDIA_TYPE) !== true) return {};
  return (await answer.clone().json()) as { code?: string };
}

function validator(pointer: string): ValidateFunction {
  let found = compiled.get(pointer);
  if (found === undefined) {
    found = ajv.compile({ $ref: `${ROOT_ID}#/${pointer}` });
    compiled.set(pointer, found);
  }
  return found;
}

/** One segment of a JSON pointer inside of a URI fragment (RFC 6901, section 6). */
function segment(text: string): string {
  return encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));
}

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (value === null || typeof value !== 'object') return value;
  const copy: Record<string, unknown> = Object.fromEntries(Object.entries(value).map(([key, member]) => [key, closed(member)]));
  const isOpen = copy['type'] === 'object' && copy['properties'] !== undefined && copy['additionalProperties'] === undefined;
  return isOpen ? { ...copy, additionalProperties: false } : copy;
}

/** Examples of the document that their own schema refuses. */
export function exampleFaults(): string[] {
  const faults: string[] = [];
  const look = (where: string, pointer: string, content: Readonly<Record<string, MediaObject>> = {}): void => {
    for (const [type, { example, 'x-line-schema': line }] of Object.entries(content)) {
      if (example === undefined || type === 'multipart/form-data') continue;
      const validate = validator(`${pointer}/content/${segment(type)}/${line === undefined ? 'schema' : 'x-line-schema'}`);
      const value: unknown = line === undefined ? example : JSON.parse(example as string);
      if (!validate(value)) faults.push(`${where} ${type}: ${ajv.errorsText(validate.errors)}`);
    }
  };
  for (const [path, methods] of Object.entries(openApi.paths)) {
    for (const [method, { operationId, requestBody, responses }] of Object.entries(methods)) {
      const pointer = `paths/${segment(path)}/${method}`;
      look(operationId, `${pointer}/requestBody`, requestBody?.content);
      for (const [status, { content }] of Object.entries(responses)) look(operationId, `${pointer}/responses/${status}`, content);
    }
  }
  for (const [name, { content }] of Object.entries(openApi.components.responses))
    look(name, `components/responses/${segment(name)}`, content);
  return faults;
}
