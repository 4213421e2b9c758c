import { createHash } from 'node:crypto';
import type { Detection, TextOptions } from '@attune/core';
import { inspectText, type Inspection } from '@attune/pipeline';
import type { ContainerPlace } from './container/open-container.js';
import { takeSample } from './container/sample.js';

export interface FileInspection extends Inspection {
  /** Bytes of the file itself, however many it holds inflated. */
  readonly fileSize: number;
  /** The first decoded bytes, and whether they are all of them. */
  readonly head: Uint8Array;
  readonly whole: boolean;
}

/** What a file is and what its columns look like, from a bounded sample, out of its container where it is in one. */
export async function inspectFile(path: string, place: ContainerPlace, text?: TextOptions): Promise<FileInspection> {
  const sample = await takeSample(path, { ...place, table: text?.table });
  const { container, evidence, head, windows, size, fileSize, table = null, findings = [] } = sample;
  const told = container === 'parquet' ? OURS : container === 'xlsx' ? ofSheet(text) : text;
  const { detection, profile } = inspectText({ head, windows, size, fingerprint, ...(told === undefined ? {} : { text: told }) });
  const found: Detection = {
    ...detection,
    container,
    table: table ?? detection.table,
    evidence: [...evidence, ...detection.evidence],
    header_findings: [...detection.header_findings, ...findings.map((code) => ({ code }))],
  };
  return { detection: found, profile, fileSize, head, whole: head.length >= size };
}

/** How we write down what was no text before; what a caller says of texts does not concern it. */
const OURS: TextOptions = { encoding: 'utf-8', delimiter: ',', quote: 'double', header: true };

/** A sheet may have no header, and lines in it that are no records. */
const ofSheet = ({ header, comments, trailers }: TextOptions = {}): TextOptions => ({ ...OURS, header, comments, trailers });

const fingerprint = (names: string): string => createHash('sha256').update(names).digest('hex');
