// How fast the reader of record takes NDJSON apart, beside JSON.parse on the same bytes: one thread each, interleaved, medians.
// Both sides read the file in 1 MiB chunks and end with every value at hand: ours as offsets of UTF-8 texts (checked, unescaped, every byte
// accounted for), JSON.parse as an object per record. Nothing is written; what comes before the pass (inspection, modules) is not counted.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { StringDecoder } from 'node:string_decoder';
import { parseArgs } from 'node:util';
import { median, round } from './measured.mjs';

const CHUNK = 1 << 20;
const CONTENDERS = ['attune', 'json-parse-streaming', 'json-parse-readline'];

export async function run(args) {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: 'string', default: '300000' },
      seed: { type: 'string', default: '7' },
      runs: { type: 'string', default: '5' },
      file: { type: 'string' },
      one: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  if (values.one !== undefined) return console.log(JSON.stringify(await once(values.one, values.file)));
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'attune-bench-'));
  try {
    const file = values.file ?? path.join(dir, 'patients.ndjson');
    if (values.file === undefined) generate(file, Number(values.rows), Number(values.seed));
    report(file, interleaved(file, Math.max(5, Number(values.runs))));
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

/** Every contender in a process of its own, in turn, so that none lives on another's heap or on a warmer machine. */
function interleaved(file, runs) {
  const found = Object.fromEntries(CONTENDERS.map((name) => [name, []]));
  for (let i = 0; i < runs; i++) {
    for (const name of CONTENDERS) {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [path.join(import.meta.dirname, 'index.mjs'), 'ndjson', '--one', name, '--file', file],
        { encoding: 'utf8' },
      );
      if (status !== 0) throw new Error(`${name} failed: ${stderr}`);
      found[name].push(JSON.parse(stdout));
    }
  }
  return found;
}

function report(file, found) {
  const bytes = fs.statSync(file).size;
  const seconds = Object.fromEntries(CONTENDERS.map((name) => [name, median(found[name].map((one) => one.seconds))]));
  const [ours, ...peers] = CONTENDERS;
  const rows = found[ours][0].rows;
  for (const name of CONTENDERS) {
    if (found[name].some((one) => one.rows !== rows || one.ids !== found[ours][0].ids)) throw new Error(`${name} has read something else`);
    console.log(`${name.padEnd(24)} ${seconds[name].toFixed(3)} s  ${(bytes / 1e6 / seconds[name]).toFixed(0)} MB/s`);
  }
  console.log(
    JSON.stringify({
      rows,
      bytes,
      seconds: round(seconds[ours], 3),
      rows_per_second: Math.round(rows / seconds[ours]),
      peak_rss_bytes: Math.max(...found[ours].map((one) => one.rss)),
      ratios: Object.fromEntries(peers.map((name) => [name, round(seconds[name] / seconds[ours])])),
    }),
  );
}

async function once(name, file) {
  const read = await READERS[name](file);
  const started = performance.now();
  const counted = await read();
  return { ...counted, seconds: (performance.now() - started) / 1000, rss: process.resourceUsage().maxRSS * 1024 };
}

/** What can be done before the first byte of the pass is done here: the columns come from the stage that inspected the file. */
const READERS = {
  attune: prepareAttune,
  'json-parse-streaming': (file) => () => readInChunks(file),
  'json-parse-readline': (file) => () => readByLines(file),
};

async function prepareAttune(file) {
  const { detectText, openReader } = await import('@attune/formats');
  const fd = fs.openSync(file, 'r');
  const { size } = fs.fstatSync(fd);
  const head = new Uint8Array(Math.min(CHUNK, size));
  fs.readSync(fd, head, 0, head.length, 0);
  const detection = detectText({ head, size, fingerprint: () => '' });
  return () => readWithAttune(fd, size, detection, openReader);
}

function readWithAttune(fd, size, detection, openReader) {
  let buf = new Uint8Array(CHUNK);
  const reader = openReader({ ...detection, comments: null, trailers: null }, detection.columns.length);
  const id = detection.columns.findIndex((column) => column.name === 'id');
  const counted = { rows: 0, ids: 0 };
  let held = 0;
  for (let loaded = 0; loaded < size;) {
    if (held === buf.length) buf = Uint8Array.from({ length: 2 * buf.length }, (_, i) => buf[i] ?? 0);
    const read = fs.readSync(fd, buf, held, buf.length - held, loaded);
    loaded += read;
    held += read;
    let at = 0;
    for (;;) {
      const consumed = reader.read(buf, at, held, loaded === size);
      at += consumed;
      const { batch } = reader;
      counted.rows += batch.n;
      for (let r = 0; r < batch.n; r++) counted.ids += batch.ends[r * batch.width + id] - batch.starts[r * batch.width + id];
      if (consumed === 0 || at === held) break;
    }
    buf.copyWithin(0, at, held);
    held -= at;
  }
  fs.closeSync(fd);
  return counted;
}

async function readInChunks(file) {
  const fd = fs.openSync(file, 'r');
  const decoder = new StringDecoder('utf8');
  const chunk = Buffer.alloc(CHUNK);
  const counted = { rows: 0, ids: 0 };
  let rest = '';
  for (let read; (read = fs.readSync(fd, chunk, 0, CHUNK, null)) > 0;) {
    const lines = (rest + decoder.write(chunk.subarray(0, read))).split('\n');
    rest = lines.pop();
    for (const line of lines) take(line, counted);
  }
  take(rest, counted);
  fs.closeSync(fd);
  return counted;
}

async function readByLines(file) {
  const counted = { rows: 0, ids: 0 };
  for await (const line of readline.createInterface({ input: fs.createReadStream(file, { highWaterMark: CHUNK }) })) take(line, counted);
  return counted;
}

function take(line, counted) {
  if (line.trim() === '') return;
  counted.ids += JSON.parse(line).id.length;
  counted.rows++;
}

/** Invented patients in the shape of FHIR R4, 600 bytes each, some members optional and some texts escaped or not ASCII. */
function generate(file, rows, seed) {
  const fd = fs.openSync(file, 'w');
  let state = seed;
  const random = (n) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % n;
  const FAMILY = ['Okafor', 'Nguyễn', 'Smith', 'García', "O'Neil", 'Lee', 'Müller', 'Petrov'];
  const GIVEN = ['Ada', 'Minh', 'José', 'Ruth', 'Sam', 'Łucja', 'Wei', 'Noor'];
  const CITY = ['Orono', 'Salem', 'Łódź', 'Bath', 'Dover', 'Mesa'];
  const day = () => `19${20 + random(80)}-0${1 + random(9)}-1${random(10)}`;
  const patient = (i) => ({
    resourceType: 'Patient',
    id: `${random(1e9).toString(16)}-${i}`,
    meta: { versionId: '1', lastUpdated: `2024-0${1 + random(9)}-11T07:15:${10 + random(50)}Z` },
    identifier: [
      { use: 'usual', system: 'urn:oid:1.2.36.146.595.217.0.1', value: String(100000 + random(900000)) },
      ...(random(3) === 0 ? [{ system: 'http://hl7.org/fhir/sid/us-ssn', value: `900-${10 + random(90)}-${1000 + random(9000)}` }] : []),
    ],
    active: random(5) > 0,
    name: [{ use: 'official', family: FAMILY[random(8)], given: [GIVEN[random(8)], GIVEN[random(8)]] }],
    telecom: [{ system: 'phone', value: `(207) 555-0${100 + random(100)}`, use: 'home' }],
    gender: random(2) === 0 ? 'female' : 'male',
    birthDate: day(),
    ...(random(20) === 0 ? { deceasedDateTime: `${day()}T00:00:00Z` } : {}),
    address: [
      {
        line: [`${1 + random(999)} Main "St" ${random(9)}`],
        city: CITY[random(6)],
        state: 'ME',
        postalCode: String(10000 + random(89999)),
      },
    ],
    ...(random(2) === 0 ? { multipleBirthBoolean: false } : { multipleBirthInteger: 1 + random(2) }),
  });
  for (let i = 0; i < rows;) {
    const lines = [];
    for (const end = Math.min(rows, i + 2000); i < end; i++) lines.push(JSON.stringify(patient(i)));
    fs.writeSync(fd, `${lines.join('\n')}\n`);
  }
  fs.closeSync(fd);
}
