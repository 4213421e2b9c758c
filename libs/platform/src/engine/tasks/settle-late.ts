import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { TransformPass } from '@attune/pipeline';
import { PASS_FILES, type PassFiles } from '../pass-files.js';
import { PositionedFile, ScratchFile } from '../scratch-file.js';

/** What is written after the pass where late rows are settled. The files of the pass stay as they are: its checkpoint counts until its end. */
export const SETTLED_FILES = {
  survivors: 'late.survivors',
  part: 'settled.part.csv',
  duplicates: 'settled.duplicates.ndjson',
} as const;

/** The files in which the rows and the duplicates are. */
export interface SettledFiles {
  readonly part: string;
  readonly duplicates: string;
}

/** Has the pass compare the rows with each other for which its set had no room. */
export async function settleLate(pass: TransformPass, scratch: string, files: PassFiles): Promise<SettledFiles> {
  if (pass.lateRows === 0) return PASS_FILES;
  const survivors = new PositionedFile(join(scratch, SETTLED_FILES.survivors));
  const part = new ScratchFile(join(scratch, SETTLED_FILES.part));
  const duplicates = new ScratchFile(join(scratch, SETTLED_FILES.duplicates));
  try {
    const settling = pass.settle({ listed: (offset, into) => files.of('duplicates').read(offset, into), survivors, part, duplicates });
    let step = settling.next();
    for (; step.done !== true; step = settling.next()) await setImmediate(); // lets a lost parent in
    return {
      part: step.value.part ? SETTLED_FILES.part : PASS_FILES.part,
      duplicates: step.value.duplicates ? SETTLED_FILES.duplicates : PASS_FILES.duplicates,
    };
  } finally {
    for (const file of [survivors, part, duplicates]) file.close();
  }
}
