import type { ApiOperation } from './operation.js';
import { artifactOperations } from './operations-artifacts.js';
import { historyOperations } from './operations-history.js';
import { jobOperations } from './operations-jobs.js';
import { mappingOperations } from './operations-mappings.js';
import { platformOperations } from './operations-platform.js';
import { previewOperations } from './operations-preview.js';
import { redriveOperations } from './operations-redrive.js';
import { ruleOperations } from './operations-rules.js';
import { storageOperations } from './operations-storage.js';
import { scheduleOperations } from './operations-schedules.js';
import { webhookOperations } from './operations-webhooks.js';
import { uploadOperations } from './operations-uploads.js';

/** Every operation of the HTTP API. The document, the rate limits and the tests of the routes all come from here. */
export const operations: readonly ApiOperation[] = [
  ...jobOperations,
  ...redriveOperations,
  ...uploadOperations,
  ...historyOperations,
  ...artifactOperations,
  ...mappingOperations,
  ...ruleOperations,
  ...storageOperations,
  ...webhookOperations,
  ...scheduleOperations,
  ...platformOperations,
  ...previewOperations,
];

const byRoute = new Map(operations.map((operation) => [`${operation.method} ${operation.path}`, operation]));

/** The operation of a route, its template written as in OpenAPI or as in Express (`:id`). */
export function operationAt(method: string, template: string): ApiOperation | undefined {
  return byRoute.get(`${method.toLowerCase()} ${template.replace(/:(\w+)/g, '{$1}')}`);
}
