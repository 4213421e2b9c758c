/** A duplicate and its survivor; a line of the list. */
export interface DuplicatePair {
  readonly record: number;
  readonly line: number;
  readonly byte_offset: number;
  readonly survivor_record: number;
  readonly survivor_line: number;
  readonly survivor_byte_offset: number;
}

/**
 * The duplicates among mended records and of earlier ones, by record. `among` are those that the pass over the mended ones has found, each with
 * a survivor of the same pass; `earlier` are its survivors that are in the result already: they survive for all that equal them.
 */
export function restatedDuplicates(among: readonly DuplicatePair[], earlier: readonly DuplicatePair[]): readonly DuplicatePair[] {
  const inResult = new Map(earlier.map((pair) => [pair.record, pair]));
  const onward = among.map((pair): DuplicatePair => {
    const { survivor_record, survivor_line, survivor_byte_offset } = inResult.get(pair.survivor_record) ?? pair;
    return { ...pair, survivor_record, survivor_line, survivor_byte_offset };
  });
  const listed = new Set(onward.map(({ record }) => record));
  return [...onward, ...earlier.filter(({ record }) => !listed.has(record))].sort((a, b) => a.record - b.record);
}
