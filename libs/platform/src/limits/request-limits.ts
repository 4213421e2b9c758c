import { createHash } from 'node:crypto';
import { operationAt } from '@attune/api';
import { AppError } from '@attune/core';
import type { Request, Response } from 'express';
import type { Database } from '../database/database.js';
import type { Metrics } from '../telemetry/metrics.js';
import { addressGroup } from './address-group.js';
import { type Standing, WINDOW_SECONDS, WindowCounter } from './window-counter.js';

/** Wrong keys that one address may try in a minute (security.md, AC-A05). */
const GUESSES = 20;
const PROVEN = 10_000;

/** How many requests a minute a key may make; 0 is no limit. */
export interface RateQuotas {
  readonly jobs: number;
  readonly api: number;
}

/** Who may ask how often: per API key for what it does, per address for guessing keys. */
export class RequestLimits {
  readonly #counters: Readonly<Record<'jobs' | 'api', WindowCounter | undefined>>;
  readonly #guesses: WindowCounter;
  /** Keys that were right, by the address they came from: they stay welcome while others guess from there. */
  readonly #proven = new Set<string>();

  constructor(
    database: Database,
    private readonly metrics: Metrics,
    quotas: RateQuotas,
  ) {
    const counter = (policy: 'jobs' | 'api'): WindowCounter | undefined =>
      quotas[policy] === 0 ? undefined : new WindowCounter(database, policy, quotas[policy]);
    this.#counters = { jobs: counter('jobs'), api: counter('api') };
    this.#guesses = new WindowCounter(database, 'auth', GUESSES);
  }

  /**
   * Looks a key up, unless its address has tried too many wrong ones: then even a right one is not told from them.
   * A request without a key is no guess.
   * @throws AppError unauthenticated, rate_limited
   */
  async lookUp(request: Request, key: string | undefined, find: () => Promise<string>): Promise<string> {
    if (key === undefined) return find();
    const address = digest(addressGroup(request.ip ?? ''));
    const proof = `${address} ${digest(key)}`;
    const locked = this.#guesses.exhausted(address);
    if (locked !== undefined && !this.#proven.has(proof)) throw this.#refuse('auth', request, locked);
    try {
      const tenantId = await find();
      if (this.#proven.size >= PROVEN) this.#proven.clear();
      this.#proven.add(proof);
      return tenantId;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'unauthenticated') throw error;
      this.#proven.delete(proof);
      const standing = await this.#guesses.take(address);
      throw standing.allowed ? error : this.#refuse('auth', request, standing);
    }
  }

  /** Counts the request under the policy of its operation and says so in the answer. @throws AppError rate_limited */
  async count(request: Request, response: Response, key: string): Promise<void> {
    const { path } = request.route as { path: string };
    const policy = operationAt(request.method, path)?.limit ?? 'api';
    if (policy === 'none') return;
    const counter = this.#counters[policy];
    if (counter === undefined) return;
    const standing = await counter.take(digest(key));
    response.setHeader('RateLimit-Policy', `"${policy}";q=${counter.quota};w=${WINDOW_SECONDS}`);
    response.setHeader('RateLimit', `"${policy}";r=${standing.remaining};t=${standing.resetSeconds}`);
    if (!standing.allowed) throw this.#refuse(policy, request, standing);
  }

  #refuse(policy: 'jobs' | 'api' | 'auth', request: Request, { resetSeconds }: Standing): AppError {
    this.metrics.rateLimited.inc({ policy });
    request.res?.setHeader('Retry-After', String(resetSeconds));
    const what = policy === 'auth' ? 'too many wrong API keys came from this address' : `the limit "${policy}" of this API key is used up`;
    return new AppError('rate_limited', `${what}; it is free again in ${resetSeconds} s`);
  }
}

/** Keys and addresses are counted without being kept. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 32);
}
