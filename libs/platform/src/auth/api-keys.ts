import { AppError } from '@attune/core';
import type { TenantsRepository } from '../database/tenants.repository.js';
import type { Metrics } from '../telemetry/metrics.js';
import { hashApiKey, isApiKey } from './api-key.js';

const CACHE_MS = 5_000;
const CACHE_SIZE = 1_000;

/** Whose key is this? The same answer for HTTP and gRPC. */
export class ApiKeys {
  /** A revoked key is refused within the time an entry lives. */
  readonly #known = new Map<string, { tenantId: string; until: number }>();

  constructor(
    private readonly repository: TenantsRepository,
    private readonly pepper: string,
    private readonly metrics: Metrics,
  ) {}

  /** @throws AppError unauthenticated without a key, with a mistyped one and with one that nobody has. */
  async tenantOf(key: string | undefined): Promise<string> {
    if (key === undefined) throw this.#refuse('missing');
    if (!isApiKey(key)) throw this.#refuse('malformed');
    const tenantId = await this.#find(hashApiKey(key, this.pepper));
    if (tenantId === undefined) throw this.#refuse('unknown');
    return tenantId;
  }

  async #find(hash: Buffer): Promise<string | undefined> {
    const name = hash.toString('base64');
    const known = this.#known.get(name);
    if (known && known.until > performance.now()) return known.tenantId;
    const tenantId = await this.repository.tenantOfKey(hash);
    if (this.#known.size >= CACHE_SIZE) this.#known.clear();
    if (tenantId === undefined) this.#known.delete(name);
    else this.#known.set(name, { tenantId, until: performance.now() + CACHE_MS });
    return tenantId;
  }

  #refuse(reason: string): AppError {
    this.metrics.authFailures.inc({ reason });
    return new AppError('unauthenticated', reason === 'missing' ? 'send the API key as Authorization: Bearer' : 'the API key is not valid');
  }
}
