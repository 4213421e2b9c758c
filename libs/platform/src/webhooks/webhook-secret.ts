import { hkdfSync } from 'node:crypto';

const BYTES = 32;

/**
 * The signing secret of a webhook, or of a tenant for the webhooks of its single jobs, as Standard Webhooks writes it (`whsec_` and base64). It is derived from the pepper of this installation,
 * so that nothing of it is stored anywhere; each rotation raises `secretVersion`.
 */
export function webhookSecret(pepper: string, signerId: string, secretVersion: number): string {
  const bytes = hkdfSync('sha256', pepper, signerId, `webhook secret ${secretVersion}`, BYTES);
  return `whsec_${Buffer.from(bytes).toString('base64')}`;
}
