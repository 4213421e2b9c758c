/**
 * Writes a dirty member file of 20 columns with known truth, as the generator `members` of libs/synth makes it (built before: npm run build).
 *
 *   node bench/generate-members.mjs --rows 10000 --seed 7 --hostile 0.003 --out samples/members.csv [--truth FILE] [--from I]
 *
 * Record i depends on (seed, hostile share, i) only, so any range is a piece of the whole. About 4.5 % of the records repeat an earlier one.
 * The truth file has one JSON line per record that is not an original: {ordinal, kind, original | fault}, ordinal counted from 1.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Generation, generators } from '@attune/synth';

const text = { type: 'string' };
const { values } = parseArgs({ options: { rows: text, seed: text, out: text, truth: text, hostile: text, from: text } });
const request = {
  records: Number(values.rows),
  seed: Number(values.seed ?? 1),
  from: Number(values.from ?? 0),
  hostileShare: Number(values.hostile ?? 0),
  format: 'csv',
};

function write({ out, truth }) {
  const generation = new Generation(
    generators.find(({ name }) => name === 'members'),
    request,
  );
  const file = out === '-' ? 1 : openSync(out, 'w');
  const truthFile = truth === undefined ? undefined : openSync(truth, 'w');
  for (const chunk of generation) {
    for (let at = 0; at < chunk.bytes.length;) at += writeSync(file, chunk.bytes, at);
    if (truthFile !== undefined) writeSync(truthFile, chunk.planted.map((record) => `${JSON.stringify(record)}\n`).join(''));
  }
  if (file !== 1) closeSync(file);
  if (truthFile !== undefined) closeSync(truthFile);
}

try {
  if (values.out === undefined) throw new Error('--out is missing');
  write(values);
} catch (error) {
  console.error(error.message);
  console.error('Usage: node bench/generate-members.mjs --rows N --out FILE [--seed S] [--hostile SHARE] [--truth FILE] [--from I]');
  process.exit(2);
}
