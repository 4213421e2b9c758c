import type { z } from 'zod';
import type { FindingCode } from './finding.js';
import type { ValueType } from './entity.js';

/**
 * Makes the bytes of one value canonical: reads `buf[start, end)`, writes from `out[at]`.
 * Returns the new end in `out`, or `-1 - i` for the i-th of the standardizer's `findings` (nothing written counts then).
 * The value is already clean: trimmed, without control characters, no null token, not empty, valid UTF-8.
 * Allocates nothing, never throws, checks every byte it relies on, and leaves its own output unchanged.
 * `out` has room for twice the value's length plus 64 bytes.
 */
export type Kernel = (buf: Uint8Array, start: number, end: number, out: Uint8Array, at: number) => number;

/** What the reference says of a value: its canonical text, or the finding. */
export type Reading = { readonly value: string } | { readonly finding: FindingCode };

export const finding = (code: FindingCode): Reading => ({ finding: code });

/** One way of making values canonical: one folder, one `defineStandardizer`, one line in the registry. */
export interface Standardizer<Options = unknown> {
  readonly name: string;
  readonly produces: ValueType;
  readonly description: string;
  readonly options: z.ZodType<Options>;
  /** Codes the kernel can return, in the order of its negative results. */
  readonly findings: readonly FindingCode[];
  readonly kernel: (options: Options) => Kernel;
  /** The same meaning on strings, written to be read: the oracle of the kernel. */
  readonly reference: (value: string, options: Options) => Reading;
  /** Tests and documentation at once, read with the default options. */
  readonly examples: readonly (readonly [received: string, canonical: string | Reading])[];
}
