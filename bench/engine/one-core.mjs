// How near one core comes to the limit of what JavaScript can do: one-core.mjs INPUT. The limit is a loop that looks at every byte once and
// notes where the fields begin and end. The pass is all of ours in one thread but the Parquet file: canonical rows, findings, quarantine,
// duplicates and profile.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { built, planOf } from './plan.mjs';

const { TransformPass } = await built('pipeline/dist/index.js');
const { findEntity } = await built('core/dist/index.js');
const { openReader } = await built('formats/dist/index.js');
const { inspectFile } = await built('platform/dist/engine/inspect-file.js');
const { ScratchFile } = await built('platform/dist/engine/scratch-file.js');

const CHUNK = 4 << 20;
const input = process.argv[2];

function limit() {
  const fd = fs.openSync(input, 'r');
  const buf = new Uint8Array(CHUNK);
  const starts = new Int32Array(CHUNK + 1);
  const ends = new Int32Array(CHUNK + 1);
  let fields = 0;
  let quoted = 0;
  for (;;) {
    const held = fs.readSync(fd, buf, 0, CHUNK, null);
    if (held === 0) break;
    let n = 0;
    let start = 0;
    for (let i = 0; i < held; i++) {
      const byte = buf[i];
      if (byte === 0x22) quoted ^= 1;
      else if (quoted === 0 && (byte === 0x2c || byte === 0x0a)) {
        starts[n] = start;
        ends[n++] = i;
        start = i + 1;
      }
    }
    fields += n;
  }
  fs.closeSync(fd);
  return fields;
}

function pass(plan, dir) {
  const fd = fs.openSync(input, 'r');
  const { size } = fs.fstatSync(fd);
  const [part, findings, quarantine, duplicates] = ['part', 'findings', 'quarantine', 'duplicates'].map(
    (name) => new ScratchFile(path.join(dir, name)),
  );
  const readInput = (offset, into) => fs.readSync(fd, into, 0, into.length, offset);
  const run = new TransformPass(plan, findEntity(plan.mapping.entity), { part, findings, quarantine, duplicates, readInput });
  const reader = openReader(plan, plan.columns.length);
  const buf = new Uint8Array(CHUNK + (1 << 20));
  let held = 0;
  for (let loaded = 0; ;) {
    const read = fs.readSync(fd, buf, held, CHUNK, null);
    held += read;
    loaded += read;
    let from = 0;
    for (;;) {
      const consumed = reader.read(buf, from, held, loaded === size);
      from += consumed;
      run.batch(reader.batch, reader.rejected);
      if (consumed === 0 || from === held) break;
    }
    buf.copyWithin(0, from, held);
    held -= from;
    if (loaded === size) break;
  }
  const { ledger } = run.finish(reader.account, size);
  for (const file of [part, findings, quarantine, duplicates]) file.close();
  return ledger;
}

const timed = (work) => {
  const started = performance.now();
  work();
  return (performance.now() - started) / 1000;
};

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'attune-one-core-'));
const { detection, profile } = await inspectFile(input, { inflatedBytes: 2 ** 40 });
const { plan } = planOf(detection, profile);
limit();
const limitSeconds = timed(limit);
const passSeconds = timed(() => pass(plan, dir));
fs.rmSync(dir, { recursive: true });
console.log(JSON.stringify({ seconds: passSeconds, limit_seconds: limitSeconds, peak_rss_bytes: process.resourceUsage().maxRSS * 1024 }));
