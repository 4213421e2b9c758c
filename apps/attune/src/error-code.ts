/** The code that Node gives its errors (`ENOENT`, `ERR_PARSE_ARGS_…`); undefined where there is none. */
export function errorCodeOf(error: unknown): string | undefined {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
