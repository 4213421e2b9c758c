import { parseArgs, type ParseArgsConfig } from 'node:util';
import { errorCodeOf } from './error-code.js';

/** The command line was not understood: exit code 2 and the usage text. */
export class UsageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UsageError';
  }
}

type Options = NonNullable<ParseArgsConfig['options']>;
type Parsed<Given extends Options> = ReturnType<typeof parseArgs<{ options: Given; allowPositionals: true; strict: true }>>;

/** Named options and the words between them; throws UsageError for what is not in `options`. */
export function parseArguments<const Given extends Options>(args: readonly string[], options: Given): Parsed<Given> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    if (errorCodeOf(error)?.startsWith('ERR_PARSE_ARGS') === true) throw new UsageError((error as Error).message, { cause: error });
    throw error;
  }
}

/** The one word that is expected; UsageError when there is none or more. */
export function onlyWord(words: readonly string[], name: string): string {
  const [word, ...more] = words;
  if (word === undefined) throw new UsageError(`${name} is missing.`);
  if (more.length > 0) throw new UsageError(`Only one ${name} is taken.`);
  return word;
}

/** The option of commands that list something. */
export const LIMIT_OPTION = { limit: { type: 'string', default: '20' } } as const;

/** What that option says; UsageError for what no list takes. */
export function limitOf(text: string): number {
  if (!/^\d{1,3}$/.test(text) || Number(text) < 1 || Number(text) > 200) throw new UsageError('--limit is 1 to 200.');
  return Number(text);
}

/** One of the given words. */
export function oneOf<const Allowed extends string>(value: string, allowed: readonly Allowed[], name: string): Allowed {
  const found = allowed.find((word) => word === value);
  if (found === undefined) throw new UsageError(`${name} is one of ${allowed.join(', ')}.`);
  return found;
}
