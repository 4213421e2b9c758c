import type { CliSettings } from '@attune/platform';

/** Exit codes of every command; scripts rely on them. */
export const EXIT = { ok: 0, jobFailed: 1, usage: 2, authentication: 3, notReady: 4, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface Output {
  write(text: string): unknown;
  /** True where a line can be written over. */
  readonly isTTY?: boolean;
}

/** The world as a command sees it. Data goes to `stdout`, everything for people meanwhile to `stderr`. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly fetch: typeof fetch;
  readonly version: string;
  /** Aborted when the user interrupts. A command that never reads it is ended by the interrupt itself. */
  readonly signal: AbortSignal;
  readonly settings: () => Promise<CliSettings>;
}

/** One command: one file, one line in the table of `main.ts`. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** What its first word may be, where it has such words. */
  readonly words?: readonly string[];
  /** Shown by `--help` and after a usage error. */
  readonly usage: string;
  run(args: readonly string[], io: Io): Promise<ExitCode>;
}
