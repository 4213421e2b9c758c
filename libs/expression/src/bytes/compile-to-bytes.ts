import { dayNumber } from '../syntax/calendar.js';
import type { CheckedExpression, Typed, TypedLiteral } from '../typed/typed.js';
import type { Compiled } from './byte-operation.js';
import { BYTE_OPERATIONS } from './byte-operations.js';
import { Frame, NOTHING } from './frame.js';

/** Days since 1970-01-01 of an RFC 3339 time in UTC. */
export function dayOfTime(now: string): number {
  const [year, month, day] = now.slice(0, 10).split('-').map(Number);
  return dayNumber(year!, month!, day!);
}

const countParts = (part: Typed): number => (part.kind === 'operation' ? part.args.reduce((sum, arg) => sum + countParts(arg), 1) : 1);

const nothingToDo = (): void => {};

function putLiteral(frame: Frame, place: number, { value }: TypedLiteral): void {
  if (typeof value === 'string') {
    const bytes = new TextEncoder().encode(value);
    frame.point(place, bytes, 0, bytes.length);
  } else frame.numbers[place] = value === null ? NOTHING : Number(value);
}

/**
 * An expression that works on the bytes of one record after another: give the value of each reference, then `run`. Its memory is used
 * again, so that a record costs no allocation. It never throws, and its time grows with the length of the values.
 */
export class ByteExpression {
  /** How many values are to be given. */
  readonly references: number;
  readonly #frame: Frame;
  readonly #root: Compiled;

  constructor({ root, references }: CheckedExpression, now: string) {
    this.references = references.length;
    const frame = new Frame(references.length + 1 + countParts(root));
    this.#frame = frame;
    const today = dayOfTime(now);
    let places = references.length;
    const compiled = (typed: Typed): Compiled => {
      if (typed.kind === 'reference') return { place: typed.index, step: nothingToDo, typed };
      const place = places++;
      if (typed.kind === 'literal') {
        putLiteral(frame, place, typed);
        return { place, step: nothingToDo, typed };
      }
      const args = typed.args.map(compiled);
      return { place, step: BYTE_OPERATIONS[typed.operation]({ frame, place, type: typed.type, args, today }), typed };
    };
    this.#root = compiled(
      root.type === 'text' ? root : { kind: 'operation', type: 'text', at: root.at, operation: 'to_text', args: [root] },
    );
  }

  /** The text of a reference in this record; empty is null. The bytes must stay as they are until `run` has returned, and its result was used. */
  give(reference: number, buf: Uint8Array, start: number, end: number): void {
    this.#frame.point(reference, buf, start, end);
  }

  /** Works out the record; false is null. */
  run(): boolean {
    this.#frame.begin();
    this.#root.step();
    return this.#frame.hasText(this.#root.place);
  }

  /** Whether null came of an operation that could not be done. */
  get failed(): boolean {
    return this.#frame.failed && !this.#frame.hasText(this.#root.place);
  }

  /** The result as text: `buf[start, end)`, valid until the next record. */
  get buf(): Uint8Array {
    return this.#frame.buf[this.#root.place]!;
  }

  get start(): number {
    return this.#frame.start[this.#root.place]!;
  }

  get end(): number {
    return this.#frame.end[this.#root.place]!;
  }
}

/** Compiles for records as bytes; all columns are texts. `now` is RFC 3339 in UTC. */
export const compileToBytes = (expression: CheckedExpression, now: string): ByteExpression => new ByteExpression(expression, now);
