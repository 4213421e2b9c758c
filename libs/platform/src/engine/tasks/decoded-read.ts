import { setImmediate } from 'node:timers/promises';
import type { ByteAccount } from '@attune/formats';
import type { TransformPass } from '@attune/pipeline';
import { decodedChunks } from '../decoded-file.js';
import { MemberProgress, sumOf, type ReadCourse } from './member-progress.js';
import type { MemberReads } from './member-reads.js';

/** What `readAll` does with an input of one member, whose chunks were made canonical elsewhere: they are taken in their order. */
export async function readDecoded(
  files: readonly string[],
  reads: MemberReads,
  pass: TransformPass,
  course: Pick<ReadCourse, 'onRead'>,
): Promise<ByteAccount> {
  const progress = new MemberProgress(reads, pass, course);
  progress.begin();
  for (const file of files)
    for (const { result, end } of decodedChunks(file)) {
      pass.take(result);
      pass.takeSketches(result.sketches);
      progress.account = sumOf(progress.account, result.account);
      progress.reached(end.byteOffset, undefined);
      await setImmediate(); // lets messages out, and a lost parent in
    }
  progress.end();
  return progress.total;
}
