import { Buffer } from 'node:buffer';
import { findEntity, type Plan } from '@attune/core';
import { openReader } from '@attune/formats';
import { TransformPass, type TransformOptions, type TransformResult } from './transform-pass.js';

/** Everything that a pass has left. */
export interface Left {
  readonly part: string;
  readonly rows: readonly (string | null)[][];
  readonly findings: readonly Record<string, unknown>[];
  readonly quarantine: readonly Record<string, unknown>[];
  readonly duplicates: readonly Record<string, unknown>[];
  readonly result: TransformResult;
}

/** What was written, one after another. */
export class Memory {
  #room = Buffer.alloc(1 << 10);
  #written = 0;
  get bytes(): Buffer {
    return this.#room.subarray(0, this.#written);
  }
  write(bytes: Uint8Array): void {
    this.put(this.#written, bytes);
  }
  protected put(offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    // Twice as much as is needed: rows come in by the thousand, a few at a time.
    if (end > this.#room.length) this.#room = Buffer.concat([this.bytes], 2 * end);
    this.#room.set(bytes, offset);
    this.#written = Math.max(this.#written, end);
  }
  read(offset: number, into: Uint8Array): number {
    return this.bytes.copy(into, 0, offset, offset + into.length);
  }
  lines(): Record<string, unknown>[] {
    return this.bytes
      .toString('utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}

/** Blocks that may be written again, but never with a gap before them. */
class Blocks extends Memory {
  writeAt(offset: number, bytes: Uint8Array): void {
    if (offset > this.bytes.length) throw new Error(`a gap before ${offset}`);
    this.put(offset, bytes);
  }
}

/** Where a pass leaves everything, in memory. */
export const memory = () => ({
  part: new Memory(),
  findings: new Memory(),
  quarantine: new Memory(),
  duplicates: new Memory(),
  lateRows: new Memory(),
});

/** Settles the late rows of a pass to the end; returns the part and the duplicates that count then. */
export function settle(pass: TransformPass, left: ReturnType<typeof memory>): Pick<ReturnType<typeof memory>, 'part' | 'duplicates'> {
  const { part, duplicates } = memory();
  const survivors = new Blocks();
  const settling = pass.settle({
    listed: (offset, into) => left.duplicates.read(offset, into),
    survivors: {
      read: (offset, into) => survivors.read(offset, into),
      write: (offset, bytes) => survivors.writeAt(offset, bytes),
    },
    part,
    duplicates,
  });
  let step = settling.next();
  while (step.done !== true) step = settling.next();
  return { part: step.value.part ? part : left.part, duplicates: step.value.duplicates ? duplicates : left.duplicates };
}

export interface TransformCuts extends TransformOptions {
  readonly batchRecords?: number;
  /** Bytes that are added to what the reader sees before each read. */
  readonly step?: number;
  /** What the set of different rows may take. */
  readonly budgetBytes?: number;
  /** Told how many rows were late, and whether the part was written anew for them. */
  readonly onLate?: (rows: number, anew: boolean) => void;
}

/** Leads a whole text through the reader and the pass, cut as told. */
export function transformText(input: string | Buffer, plan: Plan, cuts: TransformCuts = {}): Left {
  const entity = findEntity(plan.mapping.entity)!;
  const bytes = Buffer.from(input);
  const sinks = memory();
  const readInput = (offset: number, into: Uint8Array): number => bytes.copy(into, 0, offset, offset + into.length);
  const { budgetBytes } = cuts;
  const late = budgetBytes === undefined ? {} : { late: { budgetBytes, rows: sinks.lateRows } };
  const pass = new TransformPass(plan, entity, { ...sinks, ...late, readInput }, cuts);
  const reader = openReader(plan, plan.columns.length, { batchRecords: cuts.batchRecords ?? 4 });
  const step = cuts.step ?? bytes.length;
  const seen = Buffer.from(bytes); // the reader undoes doubled quotes in place
  let from = 0;
  for (let to = 0; to < bytes.length;) {
    to = Math.min(bytes.length, to + step);
    for (;;) {
      const consumed = reader.read(seen, from, to, to === bytes.length);
      from += consumed;
      pass.batch(reader.batch, reader.rejected);
      if (consumed === 0 || from === to) break;
    }
  }
  const { lateRows } = pass;
  const settled = lateRows === 0 ? sinks : settle(pass, sinks);
  cuts.onLate?.(lateRows, settled.part !== sinks.part);
  const result = pass.finish(reader.account, bytes.length);
  const part = settled.part.bytes.toString('utf8');
  return {
    part,
    rows: parsePart(part).slice(1), // after the header
    findings: sinks.findings.lines(),
    quarantine: sinks.quarantine.lines(),
    duplicates: settled.duplicates.lines(),
    result,
  };
}

/** An independent reader of our dialect, by one regular expression. */
function parsePart(part: string): (string | null)[][] {
  const rows: (string | null)[][] = [];
  const row: (string | null)[] = [];
  for (const [, quoted, plain, end] of part.matchAll(/(?:"((?:[^"]|"")*)"|([^,\n"]*))(,|\n)/g)) {
    row.push(quoted !== undefined ? quoted.replaceAll('""', '"') : plain === '' ? null : plain!);
    if (end === '\n') rows.push(row.splice(0));
  }
  return rows;
}
