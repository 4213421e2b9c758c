import { AppError } from '@attune/core';
import type { TenantsRepository } from '../database/tenants.repository.js';

/** Who may look after the whole installation: tenants that a setting names, and nobody else (security.md, section 2: deny by default). */
export class Operators {
  constructor(
    private readonly tenants: TenantsRepository,
    private readonly names: readonly string[],
  ) {}

  /** @throws AppError forbidden */
  async expect(tenantId: string): Promise<void> {
    if (this.names.length > 0 && (await this.tenants.isNamed(tenantId, this.names))) return;
    throw new AppError('forbidden', 'the tenant of this key may not operate the installation; ATTUNE_OPERATORS names those that may');
  }
}
