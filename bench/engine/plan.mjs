// The built libraries that the engine bench executes, and the plan of its job.
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const LIBS = path.resolve(import.meta.dirname, '../../libs');

/** A module as `npm run build` has left it. */
export const built = (file) => import(pathToFileURL(path.join(LIBS, file)).href);

const { makePlan } = await built('pipeline/dist/index.js');

/** The plan of the job, and the findings that it comes with, from what the inspection has found. */
export function planOf(detection, profile) {
  return makePlan({
    detection,
    profile,
    options: {
      remove_duplicates: true,
      standardize_fields: true,
      validate_schema: true,
      output_formats: ['csv', 'parquet'],
      review: 'never',
    },
    receivedAt: '2026-01-01T00:00:00Z',
  });
}
