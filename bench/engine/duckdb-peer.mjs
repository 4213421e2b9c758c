// The job of the engine bench in SQL alone, the best form that we found: duckdb-peer.mjs INPUT OUT_DIR THREADS.
// The rows are loaded once with their row number (a window over a scan would make it one thread), made canonical in one projection that also
// says which values were refused, and the first of equal rows is kept by the smallest row number of each group.
// It lacks: places of findings in bytes and lines, records of the wrong width (it would refuse the file), Unicode rules of names.
import { createRequire } from 'node:module';
import path from 'node:path';
import { FIELDS, NULL_TOKENS, SEX, STATES } from './job.mjs';

const require = createRequire(path.resolve(import.meta.dirname, '../../libs/platform/package.json'));
const { DuckDBInstance } = require('@duckdb/node-api');
const [input, out, threads] = process.argv.slice(2);
const started = performance.now();
const db = await (await DuckDBInstance.create(':memory:')).connect();
const text = (value) => `'${value.replaceAll("'", "''")}'`;
const list = (values) => `(${values.map(text).join(', ')})`;
const inOut = (name) => text(path.join(out, name));

await db.run(`SET threads=${Number(threads)}`);
await db.run(`SET temp_directory=${inOut('spill')}`);
await db.run(
  `CREATE TABLE bronze AS SELECT * FROM read_csv(${text(input)}, all_varchar=true, header=true, delim=',', quote='"', escape='"', nullstr='')`,
);
const columns = (
  await (
    await db.runAndReadAll("SELECT column_name FROM information_schema.columns WHERE table_name='bronze' ORDER BY ordinal_position")
  ).getRows()
).map(([name]) => name);
await db.run('CREATE TABLE states(key VARCHAR, canonical VARCHAR)');
await db.run(`INSERT INTO states VALUES ${STATES.map(([key, value]) => `(${text(key)}, ${text(value)})`).join(', ')}`);

const clean = (name) => `CASE WHEN lower(trim("${name}")) IN ${list(NULL_TOKENS)} THEN NULL ELSE trim("${name}") END AS "${name}"`;
const titled = (name) => `upper(left("${name}", 1)) || lower(substring("${name}", 2))`;
const digits = "translate(n.phone, '()-. +', '')";
const canonical = {
  first_name: titled('first_name'),
  last_name: titled('last_name'),
  middle_name: titled('middle_name'),
  dob: `CASE WHEN n.dob LIKE '____-__-__' THEN TRY_CAST(n.dob AS DATE) WHEN n.dob LIKE '__/__/____' THEN TRY_STRPTIME(n.dob, '%m/%d/%Y')::DATE
    WHEN n.dob LIKE '________' THEN TRY_STRPTIME(n.dob, '%Y%m%d')::DATE WHEN n.dob LIKE '__-__-____' THEN TRY_STRPTIME(n.dob, '%m-%d-%Y')::DATE
    ELSE TRY_STRPTIME(n.dob, '%b %d, %Y')::DATE END`,
  gender: `CASE ${SEX.map(({ to, from }) => `WHEN lower(n.gender) IN ${list(from)} THEN ${text(to)}`).join(' ')} END`,
  phone: `CASE WHEN regexp_full_match(${digits}, '1?[0-9]{10}') THEN '+1' || right(${digits}, 10) END`,
  email: "CASE WHEN n.email LIKE '%_@_%._%' THEN lower(n.email) END",
  state: 's.canonical',
  zip: `CASE WHEN regexp_full_match(n.zip, '[0-9]{5}(-?[0-9]{4})?') THEN left(n.zip, 5) || CASE WHEN strlen(n.zip) > 5 THEN '-' || right(n.zip, 4) ELSE '' END END`,
  ssn: `CASE WHEN regexp_full_match(n.ssn, '[0-9]{3}-?[0-9]{2}-?[0-9]{4}') THEN left(n.ssn, 3) || '-' || left(right(n.ssn, 6 + CASE WHEN contains(n.ssn, '-') THEN 1 ELSE 0 END), 2) || '-' || right(n.ssn, 4) END`,
};
const made = (name) => (FIELDS.includes(name) && canonical[name] !== undefined ? `${canonical[name]} AS "${name}"` : `n."${name}"`);
const judged = FIELDS.filter((name) => canonical[name] !== undefined);
await db.run(`CREATE TABLE silver AS
  WITH n AS (SELECT rowid + 1 AS _record, ${columns.map((name) => (FIELDS.includes(name) ? clean(name) : `"${name}"`)).join(', ')} FROM bronze),
  c AS (SELECT n._record, ${columns.map(made).join(', ')}, ${judged.map((name) => `n."${name}" AS "raw.${name}"`).join(', ')} FROM n LEFT JOIN states s ON s.key = lower(n.state))
  SELECT * EXCLUDE (${judged.map((name) => `"raw.${name}"`).join(', ')}),
    list_filter([${judged.map((name) => `CASE WHEN "raw.${name}" IS NOT NULL AND "${name}" IS NULL THEN {'field': ${text(name)}, 'value': "raw.${name}"} END`).join(', ')}], x -> x IS NOT NULL) AS refused FROM c`);
await db.run('DROP TABLE bronze');
await db.run(
  `COPY (SELECT _record, unnest(refused, recursive := true) FROM silver WHERE len(refused) > 0) TO ${inOut('findings.csv')} (FORMAT csv)`,
);
await db.run(
  `COPY (SELECT ${columns.flatMap((name) => [`count("${name}")`, `approx_count_distinct("${name}")`, `min("${name}")`, `max("${name}")`]).join(', ')} FROM silver) TO ${inOut('profile.json')} (FORMAT json)`,
);
const keys = columns.map((name) => `"${name}"`).join(', ');
await db.run(
  `CREATE TABLE firsts AS SELECT min(_record) AS _record FROM (SELECT _record, hash(${keys}) AS h1, hash(77, ${[...columns]
    .reverse()
    .map((name) => `"${name}"`)
    .join(', ')}) AS h2 FROM silver) GROUP BY h1, h2`,
);
await db.run(`CREATE TABLE result AS SELECT ${keys}, silver._record FROM silver SEMI JOIN firsts USING (_record) ORDER BY silver._record`);
await db.run(`COPY result TO ${inOut('result.parquet')} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)`);
await db.run(`COPY result TO ${inOut('result.csv')} (FORMAT csv, HEADER true)`);
const [[rows, kept]] = (await db.runAndReadAll('SELECT (SELECT count(*) FROM silver), (SELECT count(*) FROM result)')).getRows();
console.log(
  JSON.stringify({
    seconds: (performance.now() - started) / 1000,
    rows: Number(rows),
    out: Number(kept),
    peak_rss_bytes: process.resourceUsage().maxRSS * 1024,
  }),
);
process.exit(0);
