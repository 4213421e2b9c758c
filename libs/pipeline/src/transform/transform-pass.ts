import type { LineageBody } from '@attune/api';
import type { Entity, Finding, Plan, RowLedger, StageOutcome } from '@attune/core';
import type { Batch, ByteAccount, RejectedRecord } from '@attune/formats';
import { CanonicalChunk } from './canonical-chunk.js';
import { compileColumns, type CompiledColumn } from './compiled-column.js';
import { DuplicateMerge } from './duplicate-merge.js';
import { datasetFinding, writeFinding } from './finding-lines.js';
import { JsonLines, LineBuffer, type LineIndex } from './json-lines.js';
import { lineageOf } from './lineage.js';
import type { TransformPorts } from './ports.js';
import { errorsIn, profileOf, type Profile } from './profile.js';
import type { RecordHash } from './record-hash.js';
import { quarantineFailure, transformLedger } from './transform-ledger.js';

/** What a finished pass has to say; the rows and lines themselves went through the ports. */
export interface TransformResult {
  readonly ledger: RowLedger;
  readonly profile: Profile;
  readonly lineage: LineageBody;
  readonly findings: LineIndex;
  readonly quarantine: LineIndex;
  readonly duplicates: LineIndex;
  /** Bytes of the part and of its longest row, line end included. */
  readonly partBytes: number;
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
}

/**
 * The one full pass over the input: canonical rows, findings, quarantine, exact duplicates and the profile.
 * `batch` takes what the reader has read, in order; `finish` checks the accounts and sums up.
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
  readonly #duplicates: JsonLines;
  readonly #planFindings: readonly Finding[];
  #partBytes = 0;
  #longestRow = 0;
  #rows = 0;
  #required = 0;

  constructor(plan: Plan, entity: Entity, ports: TransformPorts, options: TransformOptions = {}) {
    this.#plan = plan;
    this.#ports = ports;
    this.#columns = compileColumns(plan, entity);
    this.#chunk = new CanonicalChunk({
      columns: this.#columns,
      nullTokens: plan.null_tokens,
      quarantineRequired: plan.options.validate_schema,
      fieldOf: fieldNames(this.#columns),
      readInput: ports.readInput,
      ...(options.hash === undefined ? {} : { hash: options.hash }),
    });
    this.#merge = new DuplicateMerge(plan.options.remove_duplicates, (offset, into) => ports.part.read(offset, into), ports.readInput);
    this.#findings = new JsonLines(ports.findings);
    this.#quarantine = new JsonLines(ports.quarantine);
    this.#duplicates = new JsonLines(ports.duplicates);
    this.#planFindings = options.planFindings ?? [];
    this.#report(this.#planFindings);
  }

  /** The batches that follow are of this member of the container; until the first call they are of a plain file. */
  member(name: string): void {
    this.#chunk.member(name);
  }

  batch(batch: Batch, rejected: readonly RejectedRecord[]): void {
    const chunk = this.#chunk;
    chunk.run(batch, rejected);
    for (let k = 0; k < chunk.n; k++) this.#longestRow = Math.max(this.#longestRow, chunk.rowStart[k + 1]! - chunk.rowStart[k]!);
    const kept = this.#merge.merge(chunk, batch, this.#partBytes);
    this.#ports.part.write(chunk.rows.subarray(0, kept));
    this.#partBytes += kept;
    this.#rows += chunk.n;
    this.#required += chunk.quarantined;
    this.#findings.append(chunk.findings);
    this.#quarantine.append(chunk.quarantine);
    this.#duplicates.append(this.#merge.lines);
  }

  /** `account` is the reader's, `size` the number of bytes of the decoded stream. Throws `engine.failed` when they do not add up. */
  finish(account: ByteAccount, size: number): TransformResult {
    const { merged } = this.#merge;
    const ledger = transformLedger(account, { out: this.#rows - merged, required: this.#required, merged }, size);
    if (ledger.recordsIn === 0 && !this.#planFindings.some(({ code }) => code === 'dataset.empty'))
      this.#report([datasetFinding('dataset.empty')]);
    const failure = quarantineFailure(ledger, this.#plan.quarantine_limit);
    const profile = profileOf(this.#columns, this.#chunk.sketches, this.#rows);
    return {
      ledger,
      profile,
      lineage: lineageOf(this.#plan, this.#columns, this.#chunk.sketches, this.#rows),
      errorsFound: errorsIn(profile) + ledger.recordsQuarantined,
      findings: this.#findings.index(),
      quarantine: this.#quarantine.index(),
      duplicates: this.#duplicates.index(),
      partBytes: this.#partBytes,
      longestRow: this.#longestRow,
      ...(failure === undefined ? {} : { failure }),
    };
  }

  #report(findings: readonly Finding[]): void {
    const lines = new LineBuffer();
    for (const finding of findings) writeFinding(lines, finding);
    this.#findings.append(lines);
  }
}

/** Names source columns by the first field that they became, or by the name under which they are carried. */
function fieldNames(columns: readonly CompiledColumn[]): (column: number) => string | null {
  const names = new Map<number, string>();
  for (const { silver } of columns)
    for (const source of silver.role === 'identity' ? [] : silver.sources) if (!names.has(source)) names.set(source, silver.name);
  return (column) => names.get(column) ?? null;
}
