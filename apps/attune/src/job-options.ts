import { readFile } from 'node:fs/promises';
import { type JobOptionsInput, JobOptionsRequest, placesOf } from '@attune/api';
import { UsageError } from './arguments.js';

/** Options of a job from JSON or @FILE, checked here already: a misspelt one is told before anything is sent. @throws UsageError */
export async function optionsFrom(text: string | undefined): Promise<JobOptionsInput> {
  if (text === undefined) return {};
  let input: unknown;
  try {
    input = JSON.parse(text.startsWith('@') ? await readFile(text.slice(1), 'utf8') : text);
  } catch (cause) {
    throw new UsageError('--options is neither JSON nor @FILE with JSON.', { cause });
  }
  const parsed = JobOptionsRequest.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new UsageError(
    ['--options is not valid:', ...placesOf(parsed.error).map((place) => `  ${place.pointer} ${place.message}`)].join('\n'),
  );
}
