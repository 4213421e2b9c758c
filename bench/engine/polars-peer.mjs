// The job of the engine bench in nodejs-polars: polars-peer.mjs INPUT OUT_DIR. Polars works on all cores by itself.
// It lacks: validation of calendar dates beyond their parsing, places of findings in bytes and lines, records of the wrong width (it
// would refuse the file or fill them up), Unicode casing rules of names, exact duplicates reported with their survivor.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { FIELDS, NULL_TOKENS, SEX, STATES } from './job.mjs';

const [input, out] = process.argv.slice(2);
const peers = path.join(import.meta.dirname, '../peers/node_modules/nodejs-polars/bin/index.js');
const { default: pl } = await import(pathToFileURL(peers).href);

const started = performance.now();
const read = pl.readCSV(input, { inferSchemaLength: 0, truncateRaggedLines: true, ignoreErrors: true });
const names = read.columns;
const rows = read.height;
const trimmed = (name) => {
  const value = pl.col(name).str.strip();
  return pl.when(value.str.toLowerCase().isIn(NULL_TOKENS)).then(pl.lit(null)).otherwise(value).alias(name);
};
const clean = read
  .withRowIndex('_record')
  .withColumns(...FIELDS.map(trimmed))
  .withColumns(...FIELDS.map((name) => pl.col(name).alias(`raw.${name}`)));

const titled = (name) =>
  pl.concatString([pl.col(name).str.slice(0, 1).str.toUpperCase(), pl.col(name).str.slice(1).str.toLowerCase()], '').alias(name);
const mapped = (name, entries) => {
  const key = pl.col(name).str.toLowerCase();
  let chosen = pl.when(key.isIn(entries[0].from)).then(pl.lit(entries[0].to));
  for (const { from, to } of entries.slice(1)) chosen = chosen.when(key.isIn(from)).then(pl.lit(to));
  return chosen.otherwise(pl.lit(null)).alias(name);
};
const whenLike = (value, pattern) => pl.when(value.str.contains(pattern)).then(value).otherwise(pl.lit(null));
const parsed = (pattern, format) => whenLike(pl.col('dob'), pattern).str.strptime(pl.Date, format);
const dob = [
  parsed('^\\d{4}-\\d{2}-\\d{2}$', '%Y-%m-%d'),
  parsed('^\\d{2}/\\d{2}/\\d{4}$', '%m/%d/%Y'),
  parsed('^\\d{8}$', '%Y%m%d'),
  parsed('^\\d{2}-\\d{2}-\\d{4}$', '%m-%d-%Y'),
  parsed('^[A-Za-z]{3} \\d{2}, \\d{4}$', '%b %d, %Y'),
].reduce((found, next) => pl.when(found.isNull()).then(next).otherwise(found));
const digits = pl.col('phone').str.replaceAll('[^0-9]', '');
const zip = pl.col('zip').str.replaceAll('-', '');
const states = pl.DataFrame({ key: STATES.map(([from]) => from), canonical: STATES.map(([, to]) => to) });

const canonical = clean
  .withColumns(
    ...['first_name', 'middle_name', 'last_name'].map(titled),
    dob.alias('dob'),
    mapped('gender', SEX),
    pl.concatString([pl.lit('+1'), whenLike(digits.str.replace('^1(\\d{10})$', '$1'), '^\\d{10}$')], '').alias('phone'),
    whenLike(pl.col('email').str.toLowerCase(), '^[^@ ]+@[^@ ]+\\.[^@ ]+$').alias('email'),
    whenLike(zip, '^(\\d{5}|\\d{9})$').str.replace('^(\\d{5})(\\d{4})$', '$1-$2').alias('zip'),
    whenLike(pl.col('ssn').str.replaceAll('-', ''), '^\\d{9}$').str.replace('^(\\d{3})(\\d{2})(\\d{4})$', '$1-$2-$3').alias('ssn'),
    pl.col('state').str.toLowerCase().alias('key'),
  )
  .join(states, { on: 'key', how: 'left' })
  .drop('key', 'state')
  .rename({ canonical: 'state' })
  .select(...names, '_record', ...FIELDS.map((name) => `raw.${name}`));

const findings = FIELDS.map((name) =>
  canonical
    .filter(pl.col(`raw.${name}`).isNotNull().and(pl.col(name).isNull()))
    .select(pl.col('_record'), pl.lit(name).alias('field'), pl.col(`raw.${name}`).alias('value')),
);
const found = pl.concat(findings);
found.writeCSV(path.join(out, 'findings.csv'));

const profile = canonical.select(
  ...names.flatMap((name) => [
    pl.col(name).nullCount().alias(`${name}.nulls`),
    pl.col(name).nUnique().alias(`${name}.distinct`),
    pl.col(name).min().alias(`${name}.min`),
    pl.col(name).max().alias(`${name}.max`),
  ]),
);
fs.writeFileSync(
  path.join(out, 'profile.json'),
  JSON.stringify(profile.toRecords(), (_, value) => (typeof value === 'bigint' ? Number(value) : value)),
);
const unique = canonical.select(...names, '_record').unique({ subset: names, keep: 'first', maintainOrder: true });
unique.writeParquet(path.join(out, 'result.parquet'), { compression: 'zstd' });
unique.writeCSV(path.join(out, 'result.csv'));
console.log(
  JSON.stringify({
    seconds: (performance.now() - started) / 1000,
    rows,
    out: unique.height,
    findings: found.height,
    peak_rss_bytes: process.resourceUsage().maxRSS * 1024,
  }),
);
