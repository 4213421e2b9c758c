import { createHash } from 'node:crypto';
import type { Detection, TextOptions } from '@attune/core';
import { inspectText, type Inspection } from '@attune/pipeline';
import { takeSample } from './container/sample.js';

export interface FileInspection extends Inspection {
  /** Bytes of the file itself, however many it holds inflated. */
  readonly fileSize: number;
  /** The first decoded bytes, and whether they are all of them. */
  readonly head: Uint8Array;
  readonly whole: boolean;
}

/** What a file is and what its columns look like, from a bounded sample, out of its container where it is in one. */
export async function inspectFile(path: string, limits: { readonly inflatedBytes: number }, text?: TextOptions): Promise<FileInspection> {
  const { container, evidence, head, windows, size, fileSize } = await takeSample(path, limits.inflatedBytes);
  const { detection, profile } = inspectText({ head, windows, size, fingerprint, ...(text === undefined ? {} : { text }) });
  const found: Detection = { ...detection, container, evidence: [...evidence, ...detection.evidence] };
  return { detection: found, profile, fileSize, head, whole: head.length >= size };
}

const fingerprint = (names: string): string => createHash('sha256').update(names).digest('hex');
