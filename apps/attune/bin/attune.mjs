#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';

const built = new URL('../bundle/main.js', import.meta.url);

if (existsSync(built)) {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const { start } = await import(built.href);
  process.exitCode = await start(process.argv.slice(2), version);
} else {
  process.stderr.write('Attune is not built yet. Execute `npm run quickstart` in the checkout.\n');
  process.exitCode = 4;
}
