import type { Typed } from '../typed/typed.js';
import type { Frame } from './frame.js';

/** Works out one part of the expression and leaves its value in the part's place. */
export type Step = () => void;

/** A part that is ready to be worked out, and where its value then is. */
export interface Compiled {
  readonly place: number;
  readonly step: Step;
  readonly typed: Typed;
}

export interface ByteParts {
  readonly frame: Frame;
  readonly place: number;
  readonly type: Typed['type'];
  readonly args: readonly Compiled[];
  /** Days since 1970-01-01. */
  readonly today: number;
}

export type ByteOperation = (parts: ByteParts) => Step;
