// Benchmarks of Attune: `npm run bench -- NAME [options]`. Each prints what it measured; the last line is JSON.
const [name, ...options] = process.argv.slice(2);
const BENCHES = {
  engine: './engine.mjs',
  jobs: './jobs.mjs',
  ndjson: './ndjson.mjs',
  slices: './slices.mjs',
  spine: './spine.mjs',
  xlsx: './xlsx.mjs',
};

if (!Object.hasOwn(BENCHES, name ?? '')) {
  console.error(`usage: npm run bench -- ${Object.keys(BENCHES).join('|')} [--rows N] [--seed S]`);
  process.exit(2);
}
const { run } = await import(BENCHES[name]);
await run(options);
