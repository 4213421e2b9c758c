import { AppError } from '@attune/core';
import { type CanActivate, createParamDecorator, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import type { TenantsRepository } from '../database/tenants.repository.js';
import type { Metrics } from '../telemetry/metrics.js';
import { hashApiKey, isApiKey } from './api-key.js';

const PUBLIC = 'attune:public';
const CACHE_MS = 5_000;
const CACHE_SIZE = 1_000;

/** Marks a route that needs no key. Every other route does. */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(PUBLIC, true);

const tenants = new WeakMap<Request, string>();

/** The tenant of the key that came with the request. */
export const Tenant = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const tenant = tenants.get(context.switchToHttp().getRequest<Request>());
  if (tenant === undefined) throw new AppError('unauthenticated', 'this route needs an API key');
  return tenant;
});

/** Deny by default: a route is public by mark, or needs a key that exists (security.md, section 2). */
@Injectable()
export class AuthenticationGuard implements CanActivate {
  /** A revoked key is refused within the time an entry lives. */
  readonly #known = new Map<string, { tenantId: string; until: number }>();

  constructor(
    private readonly reflector: Reflector,
    private readonly repository: TenantsRepository,
    private readonly pepper: string,
    private readonly metrics: Metrics,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC, [context.getHandler(), context.getClass()])) return true;
    const request = context.switchToHttp().getRequest<Request>();
    const key = presentedKey(request);
    if (key === undefined) throw this.#refuse('missing');
    if (!isApiKey(key)) throw this.#refuse('malformed');
    const tenantId = await this.#tenantOf(hashApiKey(key, this.pepper));
    if (tenantId === undefined) throw this.#refuse('unknown');
    tenants.set(request, tenantId);
    return true;
  }

  async #tenantOf(hash: Buffer): Promise<string | undefined> {
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

/** From `Authorization: Bearer` or `X-API-Key`; never from the query, where proxies and logs would see it. */
function presentedKey(request: Request): string | undefined {
  if (['api_key', 'apikey', 'key', 'access_token'].some((name) => name in request.query)) {
    throw new AppError('validation_failed', 'the API key goes into a header, never into the query');
  }
  const bearer = /^Bearer +(\S+)$/i.exec(request.header('authorization') ?? '')?.[1];
  const header = request.header('x-api-key');
  if (bearer !== undefined && header !== undefined && bearer !== header) {
    throw new AppError('validation_failed', 'Authorization and X-API-Key differ', {
      errors: [{ header: 'X-API-Key', code: 'conflict', message: 'send one key only' }],
    });
  }
  return bearer ?? header;
}
