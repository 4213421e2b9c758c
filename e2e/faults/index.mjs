// Does the faults of jobs.md, section 8, to a real deployment and checks its invariants after each of them (docs/how-to-prove-faults.md).
//   npm run faults [-- --rows F01,F25-F33 --seeds 3 --backend redis --scale 0.1 --slack 1 --copies 2 --records 4000 --grid --json --out FILE]
// Prints a table, and ends with 1 when a row has failed.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { hasRedis } from './redis-server.mjs';
import { ROWS } from './rows/index.mjs';
import { markdown, summary } from './report.mjs';
import { Course } from './course.mjs';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '' },
    seeds: { type: 'string', default: '1' },
    'first-seed': { type: 'string', default: '1' },
    backend: { type: 'string', default: 'postgres,redis' },
    scale: { type: 'string', default: '0.05' },
    slack: { type: 'string', default: '1' },
    records: { type: 'string', default: '4000' },
    copies: { type: 'string', default: '2' },
    grid: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    out: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});
let course;
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void course?.end().then(() => process.exit(130)));
const chosen = ROWS.filter(chosenBy(values.rows, values.grid));
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'attune-faults-'));
const results = [];
const began = Date.now();
for (const backend of values.backend.split(',')) {
  if (backend === 'redis' && !hasRedis()) {
    for (const row of chosen)
      results.push({ id: row.id, fault: row.fault, backend, outcome: 'not executed', reason: 'this machine has no Redis' });
    continue;
  }
  course = new Course(path.join(directory, backend), backend, {
    seeds: Number(values.seeds),
    firstSeed: Number(values['first-seed']),
    scale: Number(values.scale),
    slack: Number(values.slack),
    records: Number(values.records),
    copies: Number(values.copies),
    tell: (result) => {
      results.push(result);
      if (!values.json) console.log(oneLine(result));
    },
  });
  await course.run(chosen);
}
const told = summary(results, { ...values, seconds: Math.round((Date.now() - began) / 1000) });
if (values.out) {
  fs.writeFileSync(values.out, `${JSON.stringify(told, null, 2)}\n`);
  fs.writeFileSync(values.out.replace(/(\.json)?$/, '.md'), markdown(told));
}
console.log(values.json ? JSON.stringify(told) : markdown(told));
const failed = results.some(({ outcome }) => outcome === 'failed');
if (failed || values.keep) console.error(`what was left is under ${directory}`);
else fs.rmSync(directory, { recursive: true, force: true });
process.exit(failed ? 1 : 0);

/** `F01,F25-F33,slow:work.mid`; nothing chosen are all rows, and the other cells of the grid where it is asked for. */
function chosenBy(text, grid) {
  const words = text.split(',').filter(Boolean);
  if (words.length === 0) return (row) => grid || !row.grid;
  return ({ id }) =>
    words.some((word) => {
      const [from, to] = word.split('-');
      return id === word || (to !== undefined && id.startsWith('F') && id >= from && id <= to);
    });
}

function oneLine({ id, backend, seed, outcome, reason, seconds, notes }) {
  const more = [reason, ...Object.entries(notes ?? {}).map(([name, value]) => `${name} ${value}`)].filter(Boolean).join('; ');
  return `${id.padEnd(8)} ${backend.padEnd(8)} ${String(seed ?? '-').padEnd(2)} ${outcome}${seconds === undefined ? '' : ` ${seconds} s`}${more ? `: ${more}` : ''}`;
}
