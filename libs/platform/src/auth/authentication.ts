import { AppError } from '@attune/core';
import { type CanActivate, createParamDecorator, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import type { RequestLimits } from '../limits/request-limits.js';
import type { ApiKeys } from './api-keys.js';

const PUBLIC = 'attune:public';

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
  constructor(
    private readonly reflector: Reflector,
    private readonly keys: ApiKeys,
    private readonly limits: RequestLimits,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC, [context.getHandler(), context.getClass()])) return true;
    const request = context.switchToHttp().getRequest<Request>();
    const key = presentedKey(request);
    tenants.set(request, await this.limits.lookUp(request, key, () => this.keys.tenantOf(key)));
    if (key !== undefined) await this.limits.count(request, context.switchToHttp().getResponse<Response>(), key);
    return true;
  }
}

/** From `Authorization: Bearer` or `X-API-Key`; never from the query, where proxies and logs would see it. */
export function presentedKey(request: Request): string | undefined {
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
