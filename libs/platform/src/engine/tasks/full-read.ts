import { setImmediate } from 'node:timers/promises';
import { DelimitedReader, type ByteAccount } from '@attune/formats';
import type { Plan } from '@attune/core';
import type { TransformPass } from '@attune/pipeline';
import type { TaskProgress } from '../protocol.js';
import type { InputFile } from '../scratch-file.js';

const CHUNK = 4 << 20;

/** Leads every byte of the input once through the reader of record into the pass, and returns the reader's account. */
export async function readAll(
  file: InputFile,
  plan: Plan,
  pass: TransformPass,
  onProgress: (progress: TaskProgress) => void,
): Promise<ByteAccount> {
  const reader = new DelimitedReader(plan.dialect, plan.columns.length);
  let buf = new Uint8Array(CHUNK);
  let held = 0; // bytes in the buffer
  let loaded = 0; // bytes of the file that were ever in the buffer
  let last = false;
  while (!last) {
    if (held === buf.length) buf = doubled(buf);
    const read = file.read(loaded, buf.subarray(held));
    held += read;
    loaded += read;
    last = loaded === file.size || read === 0;
    let from = 0;
    for (;;) {
      const consumed = reader.read(buf, from, held, last);
      from += consumed;
      pass.batch(reader.batch, reader.rejected);
      if (consumed === 0 || from === held) break;
    }
    buf.copyWithin(0, from, held);
    held -= from;
    onProgress({ done: loaded - held, total: file.size });
    await setImmediate(); // lets messages out, and a lost parent in
  }
  return reader.account;
}

function doubled(buf: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(buf.length * 2);
  larger.set(buf);
  return larger;
}
