import type { Container, Detection } from '@attune/core';

/** What inspect looks at (engine.md, section 3), decoded. */
export interface Sample {
  readonly container: Container;
  /** What was seen of the container, in words; nothing for a plain file. */
  readonly evidence: readonly string[];
  readonly head: Uint8Array;
  readonly windows: readonly Uint8Array[];
  /** Bytes of the text: exact where the head is all of it, and of a container else only known to be more. */
  readonly size: number;
  /** Bytes of the file as it was received. */
  readonly fileSize: number;
  /** The sheet that was read, of a workbook. */
  readonly table?: string;
  /** What is to be told of the container. */
  readonly findings?: readonly Detection['header_findings'][number]['code'][];
}
