/** Of rows that were asked for one beyond the limit: the page, and its last row when more follow it. */
export function cutPage<Row>(found: readonly Row[], limit: number): { readonly page: readonly Row[]; readonly last: Row | undefined } {
  const page = found.slice(0, limit);
  return { page, last: found.length > limit ? page.at(-1) : undefined };
}
