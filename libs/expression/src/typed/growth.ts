import { Fault } from '../expression-fault.js';
import { MAX_GROWTH, MAX_PADDING } from '../limits.js';
import type { Typed } from './typed.js';

const bytes = (text: string): number => new TextEncoder().encode(text).length;
const literalText = (part: Typed | undefined): string => (part?.kind === 'literal' && typeof part.value === 'string' ? part.value : '');

/** How many times as long as the longest value of a record the text of a part may be, texts that are written down left out. */
function growthOf(part: Typed): number {
  if (part.kind !== 'operation') return part.kind === 'reference' ? 1 : 0;
  const parts = part.args.map(growthOf);
  const most = Math.max(0, ...parts);
  const growth = part.operation === 'concat' || part.operation === 'join' ? parts.reduce((sum, one) => sum + one, 0) : most * stretch(part);
  if (growth > MAX_GROWTH)
    throw new Fault(
      'expression.limit',
      part.at,
      `this could make a text ${MAX_GROWTH} times as long as the values it is made from, or longer.`,
    );
  return part.type === 'text' ? growth : Math.min(growth, 1);
}

/** Constant texts are bounded by the length of the expression, but each replacement may multiply them. */
function stretch({ operation, args }: Extract<Typed, { kind: 'operation' }>): number {
  if (operation !== 'replace') return 1;
  return Math.max(1, bytes(literalText(args[2])) / bytes(literalText(args[1])));
}

/** Bytes of the longest text that is made of what is written down alone. */
function constantOf(part: Typed): number {
  if (part.kind === 'literal') return bytes(literalText(part));
  if (part.kind === 'reference') return 0;
  const parts = part.args.map(constantOf);
  const sum = parts.reduce((total, one) => total + one, 0);
  if (part.operation === 'pad_left' || part.operation === 'pad_right') return Math.max(parts[0]!, 4 * MAX_PADDING);
  const own =
    part.operation === 'concat' || part.operation === 'join'
      ? sum * Math.max(1, part.args.length - 1)
      : Math.max(0, ...parts) * stretch(part);
  if (own > 1_000_000) throw new Fault('expression.limit', part.at, 'this could make a text of more than a million bytes.');
  return part.type === 'text' ? own : 32;
}

/** Refuses at plan time what could use memory or time out of proportion to the record. Throws a Fault. */
export function refuseGrowth(root: Typed): void {
  growthOf(root);
  constantOf(root);
}
