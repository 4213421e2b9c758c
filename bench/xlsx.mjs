// Reading a workbook of 20 columns: ours beside the streaming reader of exceljs. Each reading is a process of its own, the readers take
// turns, and medians count.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { installPeers, median, round } from './measured.mjs';
import { makeWorkbook } from './xlsx/make-workbook.mjs';

const HERE = import.meta.dirname;

export async function run(args) {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: 'string', default: '100000' },
      runs: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
    },
  });
  const rows = Number(values.rows);
  installPeers();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'attune-bench-xlsx-'));
  try {
    const file = path.join(folder, 'members.xlsx');
    const made = await makeWorkbook(file, rows);
    const found = { ours: [], 'exceljs-stream': [] };
    for (let run = 1; run <= Number(values.runs); run++) {
      for (const name of Object.keys(found)) {
        const one = readOnce(name, file, folder);
        if (one.rows !== rows + 1) throw new Error(`${name} read ${one.rows} rows of ${rows + 1}`);
        found[name].push(one);
        if (!values.json) console.log(JSON.stringify({ run, reader: name, ...one }));
      }
    }
    const seconds = median(found.ours.map((one) => one.seconds));
    const peer = median(found['exceljs-stream'].map((one) => one.seconds));
    console.log(
      JSON.stringify({
        rows,
        columns: 20,
        bytes: made.bytes,
        shared_strings: made.strings,
        seconds,
        rows_per_second: Math.round(rows / seconds),
        peak_rss_bytes: Math.max(...found.ours.map((one) => one.peak_rss_bytes)),
        peer_peak_rss_bytes: Math.max(...found['exceljs-stream'].map((one) => one.peak_rss_bytes)),
        ratios: { 'exceljs-stream': round(peer / seconds) },
      }),
    );
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function readOnce(name, file, folder) {
  const scratch = fs.mkdtempSync(path.join(folder, 'scratch-'));
  const output = execFileSync(process.execPath, [path.join(HERE, 'xlsx/readers.mjs'), name, file, scratch], { encoding: 'utf8' });
  return JSON.parse(output.trim().split('\n').at(-1));
}
