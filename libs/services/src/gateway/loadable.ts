import type { JobOptionsRequest } from '@attune/api';
import { AppError, type Operation } from '@attune/core';

/** @throws AppError validation_failed for a load into the warehouse by a job that has no rows for it. */
export function expectLoadable(operation: Operation, options: Pick<JobOptionsRequest, 'load_warehouse' | 'standardize_fields'>): void {
  if (options.load_warehouse !== true) return;
  if (operation !== 'harmonize') throw refused('Only a job of operation harmonize has a result that can be loaded.');
  if (!options.standardize_fields) throw refused('Values that are kept as received have no types: leave standardize_fields true.');
}

function refused(message: string): AppError {
  return new AppError('validation_failed', message, { errors: [{ pointer: '/options/load_warehouse', code: 'conflict', message }] });
}
