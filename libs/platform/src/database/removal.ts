import { AppError } from '@attune/core';
import type { Database } from './database.js';

/** Held alone by a backup while it copies, and together by all who remove stored bytes: what a copied row names stays until it was copied. */
export const REMOVAL_LOCK = 0x72656d30;

/** True when bytes may be removed until the transaction ends. Never waits. */
export async function mayRemove(query: Database['query']): Promise<boolean> {
  const [answer] = await query<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock_shared($1) AS mine', [REMOVAL_LOCK]);
  return answer!.mine;
}

/** @throws AppError overloaded while a backup copies; else bytes may be removed until the transaction ends. */
export async function refuseDuringBackup(query: Database['query']): Promise<void> {
  if (!(await mayRemove(query))) throw new AppError('overloaded', 'a backup is being taken, and nothing is removed until it is done');
}
