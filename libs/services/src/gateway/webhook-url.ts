import { AppError } from '@attune/core';
import type { EgressGuard } from '@attune/platform';

/**
 * Whether what becomes of jobs may be told at the address, which stands at `pointer` of the request. Each sending asks again.
 * @throws AppError address_refused, at its place and without the address; dependency_unavailable when names cannot be resolved
 */
export async function checkWebhookUrl(guard: EgressGuard, url: string, pointer: string): Promise<void> {
  try {
    await guard.check(url);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'address_refused') throw error;
    throw new AppError('address_refused', error.detail, { errors: [{ pointer, code: 'refused', message: error.detail }] });
  }
}

/** As `checkWebhookUrl` for the `webhook_url` of a job, where it has one. */
export async function checkJobWebhook(
  guard: EgressGuard,
  { webhook_url: url }: { readonly webhook_url?: string | undefined },
): Promise<void> {
  if (url !== undefined) await checkWebhookUrl(guard, url, '/webhook_url');
}
