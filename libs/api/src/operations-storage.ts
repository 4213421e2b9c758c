import { COLLECTION_PATH, CollectionBody, CollectionRequest } from './gc.api.js';
import type { ApiOperation } from './operation.js';
import { answer, json } from './operation-parts.js';

/** What is stored, for how long, and what is removed (api.md, section 4, Admin). */
export const storageOperations: readonly ApiOperation[] = [
  {
    id: 'collectGarbage',
    method: 'post',
    path: COLLECTION_PATH,
    tag: 'Storage',
    summary: 'Remove stored objects that nothing names',
    description:
      'An object goes in the second of two passes a day apart, if no dataset and no artifact names it then. The leader does this once an ' +
      'hour by itself. Of the whole installation, so only for keys of a tenant in `ATTUNE_OPERATORS`.',
    security: 'key',
    limit: 'api',
    body: { required: false, content: json(CollectionRequest, { dry_run: true }) },
    responses: { 200: answer('What was removed, or would be.', CollectionBody) },
    problems: ['forbidden', 'conflict_state', 'payload_too_large', 'unsupported_media'],
  },
];
