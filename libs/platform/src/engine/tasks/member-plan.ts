import { AppError, type Plan, type TextOptions } from '@attune/core';
import { detectText, type TextPlan } from '@attune/formats';

/** Where the header of a member must have ended; the first member's was found in 1 MiB, and further ones say the same. */
const HEAD = 1 << 18;

/**
 * How a further member of a container is read: as the plan says, with its own byte order mark. Its first record must name the columns
 * that the first member has, in the same order. `readHead` reads the first bytes of the member, `size` are its bytes, `ordinal` counts from 1.
 * Throws AppError `unprocessable_file` naming the ordinal, never a name.
 */
export function memberPlan(plan: Plan, ordinal: number, readHead: (into: Uint8Array) => number, size: number): TextPlan {
  const head = new Uint8Array(Math.min(HEAD, size));
  const detection = detected(plan, ordinal, head.subarray(0, readHead(head)), size);
  const { columns, dialect } = detection;
  if (plan.format === 'json') return jsonPlan(plan, detection, ordinal);
  if (columns.length !== plan.columns.length || columns.some(({ name }, i) => name !== plan.columns[i]!.name)) {
    throw new AppError('unprocessable_file', `Member ${ordinal} of the container has other columns than the first one.`);
  }
  return { ...plan, dialect: { ...plan.dialect, bom: dialect.bom } };
}

/** Objects need not have all the members that others have, but some. Members that the first text had not shown are not lost: see `_other`. */
function jsonPlan(plan: Plan, { columns, dialect, format }: ReturnType<typeof detectText>, ordinal: number): TextPlan {
  const known = new Set(plan.columns.slice(0, -1).map(({ name }) => name));
  if (format !== 'json' || (known.size > 0 && !columns.some(({ name }) => known.has(name)))) {
    throw new AppError('unprocessable_file', `Member ${ordinal} of the container has no column that the first one has.`);
  }
  return { ...plan, dialect: { ...plan.dialect, bom: dialect.bom } };
}

function detected(plan: Plan, ordinal: number, head: Uint8Array, size: number): ReturnType<typeof detectText> {
  try {
    return detectText({ head, size, fingerprint: () => '', text: textOptions(plan) });
  } catch (error) {
    if (!(error instanceof AppError) || error.errorClass !== 'data') throw error;
    throw new AppError('unprocessable_file', `Member ${ordinal} of the container cannot be read like the first one: ${error.detail}`);
  }
}

/** Nothing is left to be found out but the names. */
function textOptions({ encoding, dialect, layout, json, comments, trailers, table, format }: Plan): TextOptions {
  // Its delimiter and quote are ours to note how a dump is written, and would make a delimited text of the next one.
  if (format === 'sql-dump') return { encoding, ...(table === null ? {} : { table }) };
  return {
    encoding,
    ...(dialect.delimiter === 0 ? {} : { delimiter: String.fromCharCode(dialect.delimiter) }),
    quote: QUOTES.get(dialect.quote) ?? 'none',
    header: dialect.header,
    ...(comments === null ? {} : { comments }),
    ...(trailers === null ? {} : { trailers }),
    ...(layout === null ? {} : { layout }),
    ...(json === null ? {} : { json }),
  };
}

const QUOTES: ReadonlyMap<number, NonNullable<TextOptions['quote']>> = new Map([
  [0x22, 'double'],
  [0x27, 'single'],
]);
