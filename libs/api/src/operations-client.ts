import { COLLECTION_PATH, CollectionBody } from './gc.api.js';
import { JobBody } from './job.api.js';
import {
  DatasetHoldBody,
  holdPaths,
  RetentionBody,
  RetentionDueBody,
  type RetentionDueQuery,
  retentionPaths,
  type RetentionRequest,
} from './retention.api.js';
import { QuotaBody, type QuotaRequest, QUOTAS_PATH, quotasPath } from './quota.api.js';
import { Transport, type TransportOptions } from './transport.js';

const JSON_BODY = { 'content-type': 'application/json' };

interface Cancellable {
  readonly signal?: AbortSignal;
}

/** What those who look after the installation, or after what a tenant has stored, ask for. Every call throws ApiProblem, Unreachable or UnexpectedAnswer. */
export class OperationsClient {
  readonly #http: Transport;

  constructor(options: TransportOptions) {
    this.#http = new Transport(options);
  }

  /** One pass of the garbage collector; `forbidden` for a key that may not operate. */
  collectGarbage({ dryRun, signal }: { readonly dryRun: boolean; readonly signal?: AbortSignal }): Promise<CollectionBody> {
    const body = JSON.stringify({ dry_run: dryRun });
    return this.#http.read(CollectionBody, COLLECTION_PATH, { method: 'POST', headers: JSON_BODY, body, signal });
  }

  retention(options: Cancellable = {}): Promise<RetentionBody> {
    return this.#http.read(RetentionBody, retentionPaths.policy, options);
  }

  /** `precondition_failed` when `version` is not that of the policy any more. */
  decideRetention(version: number, policy: RetentionRequest, options: Cancellable = {}): Promise<RetentionBody> {
    const headers = { ...JSON_BODY, 'if-match': `"${version}"` };
    return this.#http.read(RetentionBody, retentionPaths.policy, { method: 'PUT', headers, body: JSON.stringify(policy), ...options });
  }

  /** What the tenant of the key may take, or for operators the tenant of that name. */
  quotas({ tenant, ...options }: Cancellable & { readonly tenant?: string } = {}): Promise<QuotaBody> {
    return this.#http.read(QuotaBody, tenant === undefined ? QUOTAS_PATH : quotasPath(tenant), options);
  }

  /** For operators. `precondition_failed` when `version` is not that of the quotas any more. */
  decideQuotas(tenant: string, version: number, quotas: QuotaRequest, options: Cancellable = {}): Promise<QuotaBody> {
    const headers = { ...JSON_BODY, 'if-match': `"${version}"` };
    return this.#http.read(QuotaBody, quotasPath(tenant), { method: 'PUT', headers, body: JSON.stringify(quotas), ...options });
  }

  /** What goes within so many days, the first to go first. */
  retentionDue(query: RetentionDueQuery = {}, options: Cancellable = {}): Promise<RetentionDueBody> {
    return this.#http.read(RetentionDueBody, retentionPaths.due, { query, ...options });
  }

  /** Lays a legal hold on a job, or lifts it. */
  holdJob(id: string, held: boolean, options: Cancellable = {}): Promise<JobBody> {
    return this.#http.read(JobBody, holdPaths('jobs', id)[held ? 'hold' : 'release'], { method: 'POST', ...options });
  }

  /** Lays a legal hold on received bytes and the jobs over them, or lifts it. */
  holdDataset(id: string, held: boolean, options: Cancellable = {}): Promise<DatasetHoldBody> {
    return this.#http.read(DatasetHoldBody, holdPaths('datasets', id)[held ? 'hold' : 'release'], { method: 'POST', ...options });
  }
}
