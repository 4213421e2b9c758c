import type { LineageBody } from '@attune/api';
import { AppError, type Entity, type Finding, type Plan, type RowLedger, type StageOutcome } from '@attune/core';
import type { Batch, ByteAccount, RejectedRecord } from '@attune/formats';
import { csvHeader } from '@attune/outputs';
import { CanonicalChunk, chunkContext, type FinishedChunk } from './canonical-chunk.js';
import { ColumnSketch, type SketchState } from './column-sketch.js';
import { compileColumns, type CompiledColumn } from './compiled-column.js';
import { DuplicateMerge } from './duplicate-merge.js';
import { datasetFinding, writeFinding } from './finding-lines.js';
import { JsonLines, LineBuffer, type LineIndex, type LinesState } from './json-lines.js';
import { LateDuplicates, type LateSource } from './late-duplicates.js';
import { lineageOf } from './lineage.js';
import { partColumns } from './part-columns.js';
import type { SettlePorts, TransformPorts } from './ports.js';
import { errorsIn, profileOf, type MemberStart, type Profile } from './profile.js';
import type { RecordHash } from './record-hash.js';
import { Settlement } from './settlement.js';
import { quarantineFailure, transformLedger } from './transform-ledger.js';
import { utf8 } from './utf8.js';

/** What a finished pass has to say; the rows and lines themselves went through the ports. */
export interface TransformResult {
  readonly ledger: RowLedger;
  readonly profile: Profile;
  readonly lineage: LineageBody;
  readonly findings: LineIndex;
  readonly quarantine: LineIndex;
  readonly duplicates: LineIndex;
  /** The part is the result as CSV, byte for byte: it has no columns besides, and no value that a spreadsheet would calculate. */
  readonly partIsCsv: boolean;
  /** Bytes of the longest line of the part, line end included. */
  readonly longestRow: number;
  /** Findings of severity error: values that were refused, and records that were quarantined. */
  readonly errorsFound: number;
  readonly failure?: NonNullable<StageOutcome['failure']>;
}

export interface TransformOptions {
  /** Findings of the plan stage; they come first in the findings. */
  readonly planFindings?: readonly Finding[];
  /** Given by tests that force collisions. */
  readonly hash?: RecordHash;
  /** The pass goes on where another one was: its sinks hold what that one had written. See `state` and `reenter`. */
  readonly earlier?: PassState;
}

/** How far a pass is, as plain data; what it has written and what was entered in its set is not in it. */
export interface PassState {
  readonly partBytes: number;
  readonly longestRow: number;
  /** Accepted records, those set aside for want of a required field, and exact duplicates that were left out. */
  readonly rows: number;
  readonly required: number;
  readonly merged: number;
  /** Rows that are noted as late; the set is full from the first of them on. */
  readonly late: number;
  readonly findings: LinesState;
  readonly quarantine: LinesState;
  readonly duplicates: LinesState;
  /** One per column. */
  readonly sketches: readonly SketchState[];
}

/** What was written anew because late rows turned out to be duplicates, and counts now in the place of what the pass had written. */
export interface Settled {
  readonly part: boolean;
  readonly duplicates: boolean;
}

/**
 * The one full pass over the input: canonical rows, findings, quarantine, exact duplicates and the profile.
 * `batch` takes what the reader has read, in order; `finish` checks the accounts and sums up.
 * Where the set of different rows has a budget, late rows are settled in between; the result is the same as without a budget.
 * Two steps inside: a chunk is made canonical on its own, then merged in order (engine.md, section 7).
 */
export class TransformPass {
  readonly #plan: Plan;
  readonly #ports: TransformPorts;
  readonly #columns: readonly CompiledColumn[];
  readonly #chunk: CanonicalChunk;
  readonly #merge: DuplicateMerge;
  readonly #findings: JsonLines;
  readonly #quarantine: JsonLines;
  #duplicates: JsonLines;
  readonly #planFindings: readonly Finding[];
  readonly #members: MemberStart[] = [];
  #partBytes = 0;
  #longestRow = 0;
  #rows = 0;
  #required = 0;
  #isSettled = false;

  constructor(plan: Plan, entity: Entity, ports: TransformPorts, options: TransformOptions = {}) {
    this.#plan = plan;
    this.#ports = ports;
    this.#columns = compileColumns(plan, entity);
    this.#chunk = new CanonicalChunk(chunkContext(plan, this.#columns, ports.readInput, options.hash));
    const { earlier } = options;
    this.#merge = new DuplicateMerge(plan.options.remove_duplicates, ports, earlier?.late);
    this.#findings = new JsonLines(ports.findings, earlier?.findings);
    this.#quarantine = new JsonLines(ports.quarantine, earlier?.quarantine);
    this.#duplicates = new JsonLines(ports.duplicates, earlier?.duplicates);
    this.#planFindings = options.planFindings ?? [];
    if (earlier === undefined) this.#begin(entity);
    else this.#goOn(earlier);
  }

  /** How far the pass is, between two chunks. What its set has learned is written down before. */
  state(): PassState {
    this.#merge.flush();
    return {
      partBytes: this.#partBytes,
      longestRow: this.#longestRow,
      rows: this.#rows,
      required: this.#required,
      merged: this.#merge.merged,
      late: this.#merge.lateRows,
      findings: this.#findings.state(),
      quarantine: this.#quarantine.state(),
      duplicates: this.#duplicates.state(),
      sketches: this.#chunk.sketches.map((sketch) => sketch.state()),
    };
  }

  /** Has the set of different rows learn again what the earlier pass wrote to `entered`, in whole slots and in order, before anything is taken. */
  reenter(slots: Int32Array): void {
    this.#merge.reenter(slots);
  }

  /** What follows is of this member of the container, which begins after so many records of the dataset; until the first call it is of a plain file. */
  member(name: string, after: number): void {
    this.#chunk.member(name);
    if (name !== '') this.#members.push({ member: name, after });
  }

  /** Makes a batch canonical and takes it. */
  batch(batch: Batch, rejected: readonly RejectedRecord[]): void {
    const chunk = this.#chunk;
    chunk.run(batch, rejected);
    this.take(chunk);
    chunk.empty();
  }

  /** Takes a chunk that was made canonical, wherever that was; chunks come in the order of the input. */
  take(chunk: FinishedChunk): void {
    this.#longestRow = Math.max(this.#longestRow, chunk.longestRow);
    const kept = this.#merge.merge(chunk, this.#partBytes);
    this.#ports.part.write(chunk.rows.subarray(0, kept));
    this.#partBytes += kept;
    this.#rows += chunk.n;
    this.#required += chunk.quarantined;
    this.#findings.append(chunk.findings);
    this.#quarantine.append(chunk.quarantine);
    this.#duplicates.append(this.#merge.lines);
    this.#merge.lines.clear();
  }

  /** Takes what a chunk that was made elsewhere says of its columns. */
  takeSketches(states: readonly SketchState[]): void {
    states.forEach((state, c) => this.#chunk.sketches[c]!.merge(ColumnSketch.of(state)));
  }

  /** Rows that have to be settled before the pass is finished. */
  get lateRows(): number {
    return this.#isSettled ? 0 : this.#merge.lateRows;
  }

  /**
   * Compares the late rows with each other, after everything was taken. To be led to its end: it gives its caller a turn after each piece
   * of work, and returns what was written anew.
   */
  *settle(ports: SettlePorts): Generator<undefined, Settled> {
    const settled = yield* this.#settleLate(ports);
    this.#isSettled = true;
    return settled;
  }

  /** `account` is the reader's, `size` the number of bytes of the decoded stream. Throws `engine.failed` when they do not add up. */
  finish(account: ByteAccount, size: number): TransformResult {
    const { merged } = this.#merge;
    if (this.lateRows > 0) throw new AppError('engine.failed', 'late rows were not compared with each other');
    const ledger = transformLedger(account, { out: this.#rows - merged, required: this.#required, merged }, size);
    if (ledger.recordsIn === 0 && !this.#planFindings.some(({ code }) => code === 'dataset.empty'))
      this.#report([datasetFinding('dataset.empty')]);
    const failure = quarantineFailure(ledger, this.#plan.quarantine_limit);
    const members = this.#members.length > 0 ? { members: this.#members } : {};
    const profile = { ...profileOf(this.#columns, this.#chunk.sketches, this.#rows), ...members };
    return {
      ledger,
      profile,
      lineage: lineageOf(this.#plan, this.#columns, this.#chunk.sketches, this.#rows),
      errorsFound: errorsIn(profile) + ledger.recordsQuarantined,
      findings: this.#findings.index(),
      quarantine: this.#quarantine.index(),
      duplicates: this.#duplicates.index(),
      partIsCsv: this.#columns.every(({ silver }, c) => silver.role !== 'identity' && this.#chunk.sketches[c]!.formulas === 0),
      longestRow: this.#longestRow,
      ...(failure === undefined ? {} : { failure }),
    };
  }

  *#settleLate(ports: SettlePorts): Generator<undefined, Settled> {
    const { late, part, readInput } = this.#ports;
    const merge = this.#merge;
    if (late === undefined || merge.lateRows === 0) return { part: false, duplicates: false };
    const source: LateSource = {
      rows: (offset, into) => late.rows.read(offset, into),
      count: merge.lateRows,
      part: (offset, into) => part.read(offset, into),
      readInput,
    };
    const duplicates = new LateDuplicates(merge.set, source, ports.survivors);
    yield* duplicates.find();
    if (duplicates.found === 0) return { part: false, duplicates: false };
    const remove = this.#plan.options.remove_duplicates;
    const settlement = new Settlement(source, ports);
    yield* settlement.write(remove);
    this.#duplicates = settlement.duplicates;
    if (!remove) return { part: false, duplicates: true };
    merge.merged += duplicates.found;
    return { part: true, duplicates: true };
  }

  #begin(entity: Entity): void {
    const header = utf8(csvHeader(partColumns(this.#plan, entity).map(({ name }) => name)));
    this.#ports.part.write(header);
    this.#partBytes = this.#longestRow = header.length;
    this.#report(this.#planFindings);
  }

  #goOn({ partBytes, longestRow, rows, required, merged, sketches }: PassState): void {
    this.#partBytes = partBytes;
    this.#longestRow = longestRow;
    this.#rows = rows;
    this.#required = required;
    this.#merge.merged = merged;
    this.takeSketches(sketches);
  }

  #report(findings: readonly Finding[]): void {
    const lines = new LineBuffer();
    for (const finding of findings) writeFinding(lines, finding);
    this.#findings.append(lines);
  }
}
