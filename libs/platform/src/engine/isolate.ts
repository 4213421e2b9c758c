import { AppError, type StageOutcome } from '@attune/core';
import { type Careful, clearAttempt, readMark } from './careful.js';

/** Pieces at most that are set aside for one input: one that crashes the engine all over is poison as a whole. */
const MOST = 8;

/**
 * Leads a task that crashes the engine to its end without the records over which it does: each process that dies says by its mark where it
 * was, and the next one sets that piece aside. @throws the last error where no piece is to blame
 */
export async function isolate(scratch: string, attempt: (careful: Careful) => Promise<StageOutcome>): Promise<StageOutcome> {
  const avoid: number[] = [];
  for (;;) {
    try {
      return await attempt({ avoid });
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'engine.failed')) throw error;
      const piece = readMark(scratch);
      // Whoever dies over what is not even worked on dies of something else.
      if (piece === undefined || avoid.includes(piece) || avoid.length === MOST) throw error;
      avoid.push(piece);
      await clearAttempt(scratch);
    }
  }
}
