import type { z } from 'zod';
import type { BodyShape, HeaderShapes, ResponseShape } from './operation.js';

/** What a parameter of a path is. Ids are taken with their prefix and bare. */
export const PATH_PARAMETERS: Readonly<Record<string, { readonly description: string; readonly example: string }>> = {
  id: { description: 'Id of the object, with its prefix or as the bare UUID.', example: 'job_0197c0de-1111-7222-8333-444455556666' },
  code: { description: 'A problem code.', example: 'validation_failed' },
  version: { description: 'A version.', example: '1' },
  file: { description: 'Name of a file.', example: 'swagger-ui.css' },
  kind: { description: 'Kind of an artifact.', example: 'quality' },
  name: { description: 'Name of the object.', example: 'person' },
  entity: { description: 'Name of an entity.', example: 'person' },
  tenant: { description: 'Name of a tenant.', example: 'north-clinic' },
};

export const JSON_TYPE = 'application/json';

/** A JSON body by its schema. */
export function json(schema: z.ZodType, example?: unknown): Readonly<Record<string, BodyShape>> {
  return { [JSON_TYPE]: example === undefined ? { kind: 'json', schema } : { kind: 'json', schema, example } };
}

/** An answer with a JSON body by its schema. */
export function answer(description: string, schema: z.ZodType, headers?: HeaderShapes): ResponseShape {
  return { description, content: json(schema), ...(headers === undefined ? {} : { headers }) };
}

export const ETAG: HeaderShapes = {
  ETag: { description: 'Names this state of the object (RFC 9110, section 8.8.3).', required: true, example: '"7"' },
};

export const REPR_DIGEST: HeaderShapes = {
  'Repr-Digest': {
    description: 'The sha256 of the whole file (RFC 9530).',
    required: true,
    example: 'sha-256=:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=:',
  },
};

export const IF_NONE_MATCH: HeaderShapes = {
  'If-None-Match': { description: 'An ETag that the caller has; when it is still true the answer is 304.', example: '"7"' },
};

export const IDEMPOTENCY_KEY: HeaderShapes = {
  'Idempotency-Key': {
    description: '1 to 255 visible ASCII characters. The same request under the same key happens once and gets the same answer.',
    example: 'march-members-1',
  },
};

export const RETRY_AFTER: HeaderShapes = {
  'Retry-After': { description: 'Seconds to wait before asking again.', required: true, example: '1' },
};

export const NOT_MODIFIED: ResponseShape = { description: 'Nothing has changed since `If-None-Match`.', headers: ETAG };

export const NEXT_PAGE: HeaderShapes = {
  Link: { description: 'The next page, where there is one (RFC 8288).', example: '</api/v1/jobs?limit=50&cursor=…>; rel="next"' },
};
