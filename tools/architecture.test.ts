import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';

/** Text of every file by its path from the root; what the rules look at, so that each can be seen to fail. */
type Tree = Readonly<Record<string, string>>;
/** Tells what is wrong, one sentence per fault. */
type Rule = (tree: Tree) => string[];

/** The building, bottom to top. Code may import from floors below its own, and from its own lib. */
const FLOORS = [
  ['core'],
  ['sql'],
  ['expression'],
  ['formats', 'standardize', 'mapping', 'rules'],
  ['api'],
  ['packs'],
  ['outputs', 'synth'],
  ['pipeline'],
  ['platform'],
  ['services'],
];
const APPS = FLOORS.length;
const FLOOR_OF: ReadonlyMap<string, number> = new Map(FLOORS.flatMap((libs, floor) => libs.map((lib) => [lib, floor] as const)));
const PLATFORM = FLOOR_OF.get('platform')!;

/** What the pure floors may import from outside, and why. */
const PURE_ALLOWED: Readonly<Record<string, readonly string[] | 'every pure lib'>> = {
  zod: 'every pure lib', // describes data, touches nothing
  yaml: ['rules'], // the syntax of YAML, from text to data and back
  'eventsource-parser/stream': ['api'], // the syntax of Server-Sent Events, on streams that are given
  standardwebhooks: ['api'], // checks signatures that are given, touches nothing
  'node:buffer': ['formats', 'pipeline', 'outputs'], // validates and views bytes natively, touches nothing
};

const FORBIDDEN_NAMES = new Set([
  'common',
  'shared',
  'utils',
  'util',
  'helpers',
  'helper',
  'interfaces',
  'dtos',
  'dto',
  'entities',
  'mappers',
  'constants',
]);
const MAX_LINES = 400;
/** Libs whose folders are entries of a registry: one folder, one definition, one line. */
const REGISTRIES = ['formats', 'standardize', 'rules', 'packs', 'outputs', 'synth'];
const TESTS_ONLY = 'testing';

/** Tests, and what only they use. */
const isTest = (path: string) => /\.(test|fixture)\.ts$/.test(path);
/** Tables of data that happen to be written in TypeScript. */
const isData = (path: string) => path.endsWith('.data.ts');
const isProduct = (path: string) => /^(libs|apps)\/.*\.ts$/.test(path) && !isTest(path) && libOf(path) !== TESTS_ONLY;
const libOf = (path: string) => /^libs\/([^/]+)\//.exec(path)?.[1];
const floorOf = (path: string) => (path.startsWith('apps/') ? APPS : FLOOR_OF.get(libOf(path) ?? ''));

interface Import {
  readonly from: string;
  readonly to: string;
}

function importsOf(tree: Tree, include: (path: string) => boolean): Import[] {
  return Object.entries(tree)
    .filter(([path]) => path.endsWith('.ts') && include(path))
    .flatMap(([from, text]) => ts.preProcessFile(text).importedFiles.map(({ fileName }) => ({ from, to: fileName })));
}

const atFloor = /^@attune\/([\w-]+)/;

const onlyDown: Rule = (tree) =>
  importsOf(tree, isProduct).flatMap(({ from, to }) => {
    const target = atFloor.exec(to)?.[1];
    if (target === undefined || target === libOf(from)) return [];
    const below = FLOOR_OF.get(target);
    const own = floorOf(from);
    return below !== undefined && own !== undefined && below < own ? [] : [`${from} imports ${to}, which is not below it`];
  });

const everyLibHasAFloor: Rule = (tree) => [
  ...new Set(
    Object.keys(tree).flatMap((path) => {
      const lib = libOf(path);
      return lib !== undefined && lib !== TESTS_ONLY && !FLOOR_OF.has(lib) ? [`${lib} stands on no floor`] : [];
    }),
  ),
];

/** The folder that may be entered only by its index: a lib, an app, or another workspace. */
const homeOf = (path: string) =>
  path
    .split('/')
    .slice(0, /^(libs|apps)\//.test(path) ? 2 : 1)
    .join('/');

/** The settings and the look at a file without the platform around them: a command line must not load a server. */
const SIDE_DOORS = ['@attune/platform/config', '@attune/platform/inspect-file'];

const frontDoorOnly: Rule = (tree) =>
  importsOf(tree, () => true).flatMap(({ from, to }) => {
    if (/^@attune\/[\w-]+\//.test(to) && !SIDE_DOORS.includes(to)) return [`${from} enters ${to} by the back door`];
    const leaves = to.startsWith('.') && homeOf(posix.join(posix.dirname(from), to)) !== homeOf(from);
    return leaves ? [`${from} leaves its home for ${to}`] : [];
  });

const pureFloorsDoNoIo: Rule = (tree) =>
  importsOf(tree, (path) => isProduct(path) && (floorOf(path) ?? APPS) < PLATFORM).flatMap(({ from, to }) => {
    if (to.startsWith('.') || to.startsWith('@attune/')) return [];
    const allowed = PURE_ALLOWED[to];
    return allowed === 'every pure lib' || allowed?.includes(libOf(from)!) ? [] : [`${from} imports ${to}`];
  });

const nestFromPlatformUp: Rule = (tree) =>
  importsOf(tree, (path) => isProduct(path) && (floorOf(path) ?? APPS) < PLATFORM).flatMap(({ from, to }) =>
    to.startsWith('@nestjs/') ? [`${from} imports ${to}`] : [],
  );

const noCycles: Rule = (tree) => {
  const targets = new Map<string, string[]>();
  for (const { from, to } of importsOf(tree, (path) => !isTest(path))) {
    const target = posix.join(posix.dirname(from), to).replace(/(\.js)?$/, '.ts'); // NodeNext imports end in .js
    if (to.startsWith('.') && target in tree) targets.set(from, [...(targets.get(from) ?? []), target]);
  }
  const cycles: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, way: readonly string[]): void => {
    const seen = way.indexOf(file);
    if (seen >= 0) cycles.push([...way.slice(seen), file].join(' -> '));
    if (seen >= 0 || done.has(file)) return;
    for (const next of targets.get(file) ?? []) walk(next, [...way, file]);
    done.add(file);
  };
  for (const file of targets.keys()) walk(file, []);
  return cycles;
};

/** Finds code, not what comments and texts say about it. */
function nodesOf(text: string, wanted: (node: ts.Node) => boolean): number {
  let found = 0;
  const visit = (node: ts.Node): void => {
    if (wanted(node)) found++;
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('x.ts', text, ts.ScriptTarget.ES2022));
  return found;
}

const ENVIRONMENT_READERS = ['libs/platform/src/config/', 'libs/testing/', 'tools/'];
const readsEnvironment = (node: ts.Node) =>
  ts.isPropertyAccessExpression(node) && node.name.text === 'env' && ts.isIdentifier(node.expression) && node.expression.text === 'process';

const environmentReadOnce: Rule = (tree) =>
  Object.entries(tree).flatMap(([path, text]) => {
    if (!path.endsWith('.ts') || isTest(path) || path.startsWith('e2e/') || ENVIRONMENT_READERS.some((home) => path.startsWith(home)))
      return [];
    return text.includes('env') && nodesOf(text, readsEnvironment) > 0 ? [`${path} reads process.env`] : [];
  });

const buildsWorker = (node: ts.Node) => ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'Worker';

const workersOnlyInQueue: Rule = (tree) =>
  Object.entries(tree).flatMap(([path, text]) => {
    if (!isProduct(path) || path.startsWith('libs/platform/src/queue/')) return [];
    return text.includes('Worker') && nodesOf(text, buildsWorker) > 0 ? [`${path} builds a Worker`] : [];
  });

/** False where a file takes nothing but types from another, or loads it only once it is needed. */
const isLoaded = (text: string, to: string) =>
  ts
    .createSourceFile('x.ts', text, ts.ScriptTarget.ES2022)
    .statements.some(
      (node) =>
        ((ts.isImportDeclaration(node) && !(node.importClause?.isTypeOnly ?? false)) ||
          (ts.isExportDeclaration(node) && !node.isTypeOnly)) &&
        node.moduleSpecifier !== undefined &&
        ts.isStringLiteral(node.moduleSpecifier) &&
        node.moduleSpecifier.text === to,
    );

const ENGINE = 'libs/platform/src/engine/';
/** What is loaded in engine processes only: their entry, its tasks, and whatever loads DuckDB. */
const CHILD_ONLY = [`${ENGINE}child.ts`, `${ENGINE}duckdb.ts`];

/** DuckDB runs foreign data, so it is loaded behind one file, and no import leads there but from the entry of the engine process. */
const duckDbInChildrenOnly: Rule = (tree) => {
  const imports = importsOf(tree, isProduct);
  const loaders = imports.filter(({ from, to }) => to.startsWith('@duckdb/') && from !== `${ENGINE}duckdb.ts`);
  const targets = new Map<string, string[]>();
  for (const { from, to } of imports.filter(({ from, to }) => to.startsWith('.') && isLoaded(tree[from]!, to)))
    targets.set(from, [...(targets.get(from) ?? []), posix.join(posix.dirname(from), to).replace(/(\.js)?$/, '.ts')]);
  const reached = new Set<string>();
  const reach = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const next of targets.get(file) ?? []) reach(next);
  };
  reach('libs/platform/src/index.ts');
  return [
    ...loaders.map(({ from }) => `${from} loads DuckDB`),
    ...CHILD_ONLY.filter((file) => reached.has(file)).map((file) => `the index of platform reaches ${file}`),
  ];
};

const shortFiles: Rule = (tree) =>
  Object.entries(tree).flatMap(([path, text]) => {
    const lines = text.trimEnd().split('\n').length;
    return /\.(ts|mjs)$/.test(path) && !isData(path) && lines > MAX_LINES ? [`${path} has ${lines} lines`] : [];
  });

const tellingNames: Rule = (tree) =>
  Object.keys(tree).flatMap((path) => {
    const faults = path.split('/').filter((part) => FORBIDDEN_NAMES.has(part.replace(/\..*$/, '')));
    return faults.length > 0 && !path.startsWith('libs/core/src/entities/') ? [`${path} says nothing`] : [];
  });

/** A folder that defines an entry is imported by the lib's registry or index, and any other by somebody outside of it. */
const everyFolderRegistered: Rule = (tree) =>
  REGISTRIES.flatMap((lib) => {
    const source = `libs/${lib}/src/`;
    const paths = Object.keys(tree).filter((path) => path.startsWith(source) && isProduct(path));
    const folderOf = (path: string) => (path.startsWith(source) ? path.slice(source.length).split('/').slice(0, -1)[0] : undefined);
    const entries = new Set(paths.filter((path) => /\bdefine[A-Z]\w*\(/.test(tree[path]!)).map(folderOf));
    const uses = importsOf(tree, (path) => paths.includes(path)).map(({ from, to }) => ({
      from,
      to: folderOf(posix.join(posix.dirname(from), to)),
    }));
    const isUsed = (folder: string) =>
      uses.some(({ from, to }) => to === folder && folderOf(from) !== folder && (!entries.has(folder) || folderOf(from) === undefined));
    const folders = new Set(paths.map(folderOf).filter((folder) => folder !== undefined));
    return [...folders].filter((folder) => !isUsed(folder)).map((folder) => `${source}${folder} is not registered`);
  });

const exactPins: Rule = (tree) =>
  Object.entries(tree).flatMap(([path, text]) => {
    if (posix.basename(path) !== 'package.json') return [];
    const manifest = JSON.parse(text) as Record<string, Record<string, string> | undefined>;
    const pins = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((group) => Object.entries(manifest[group] ?? {}));
    return pins
      .filter(([, version]) => !/^(npm:[\w@/-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
      .map(([name, version]) => `${path} takes ${name} ${version}`);
  });

/** Each rule with a tree that breaks it in one place, and the sentence that says so. */
const RULES: readonly (readonly [guarantee: string, rule: Rule, broken: Tree, complaint: RegExp])[] = [
  ['imports go down only', onlyDown, { 'libs/core/src/a.ts': "import { x } from '@attune/platform';" }, /core.*not below/],
  [
    'siblings never import each other',
    onlyDown,
    { 'libs/formats/src/a.ts': "import { x } from '@attune/standardize';" },
    /formats.*not below/,
  ],
  ['apps are entered by nobody', onlyDown, { 'libs/services/src/a.ts': "import { x } from '@attune/attune';" }, /services.*not below/],
  ['the product does not use what is for tests', onlyDown, { 'libs/platform/src/a.ts': "import { x } from '@attune/testing';" }, /testing/],
  ['every lib stands on a floor', everyLibHasAFloor, { 'libs/attic/src/a.ts': '' }, /attic/],
  ['libs are entered by the front door', frontDoorOnly, { 'libs/sql/src/a.ts': "import '@attune/core/dist/ids.js';" }, /back door/],
  ['relative imports stay at home', frontDoorOnly, { 'libs/sql/src/a.ts': "import '../../core/src/ids.js';" }, /leaves its home/],
  ['the floors under the platform do no I/O', pureFloorsDoNoIo, { 'libs/pipeline/src/a.ts': "import fs from 'node:fs';" }, /node:fs/],
  [
    'bytes are for the libs that need them',
    pureFloorsDoNoIo,
    { 'libs/core/src/a.ts': "import { isUtf8 } from 'node:buffer';" },
    /node:buffer/,
  ],
  [
    'only platform, services and apps know the framework',
    nestFromPlatformUp,
    { 'libs/pipeline/src/a.ts': "import { Module } from '@nestjs/common';" },
    /@nestjs/,
  ],
  [
    'no file imports itself, however long the way round',
    noCycles,
    {
      'libs/sql/src/a.ts': "import './b.js';",
      'libs/sql/src/b.ts': "export * from './c/c.js';",
      'libs/sql/src/c/c.ts': "import type { A } from '../a.js';",
    },
    /a\.ts -> .*b\.ts -> .*c\.ts -> .*a\.ts/,
  ],
  [
    'the environment is read in one place',
    environmentReadOnce,
    { 'libs/platform/src/queue/a.ts': 'const x = process.env.X;' },
    /process\.env/,
  ],
  ['queues and workers are built in platform/queue', workersOnlyInQueue, { 'libs/services/src/a.ts': "new Worker('q');" }, /Worker/],
  [
    'DuckDB is loaded in one place',
    duckDbInChildrenOnly,
    { 'libs/services/src/a.ts': "import { DuckDBInstance } from '@duckdb/node-api';" },
    /loads DuckDB/,
  ],
  [
    'no service can load DuckDB: only engine processes do',
    duckDbInChildrenOnly,
    {
      'libs/platform/src/index.ts': "export * from './engine/index.js';",
      'libs/platform/src/engine/index.ts': "import { look } from './inspect-file.js';",
      'libs/platform/src/engine/inspect-file.ts': "import { DuckDb } from './duckdb.js';\nimport type { Task } from './child.js';",
    },
    /reaches .*duckdb\.ts/,
  ],
  ['no file grows past 400 lines', shortFiles, { 'libs/sql/src/a.ts': 'x;\n'.repeat(401) }, /401 lines/],
  ['names tell what is inside', tellingNames, { 'libs/sql/src/utils/quote.ts': '' }, /says nothing/],
  ['files are named by a noun too', tellingNames, { 'apps/attune/src/constants.ts': '' }, /says nothing/],
  [
    'every entry is registered, used or not',
    everyFolderRegistered,
    {
      'libs/outputs/src/index.ts': "import './csv/csv.js';",
      'libs/outputs/src/csv/csv.ts': "import '../pdf/pdf.js';",
      'libs/outputs/src/pdf/pdf.ts': 'export const pdf = defineOutput({});',
    },
    /pdf is not registered/,
  ],
  [
    'no folder lies about unused',
    everyFolderRegistered,
    { 'libs/outputs/src/index.ts': "import './csv/csv.js';", 'libs/outputs/src/csv/csv.ts': '', 'libs/outputs/src/pdf/pdf.ts': '' },
    /pdf is not registered/,
  ],
  ['every dependency is pinned exactly', exactPins, { 'libs/sql/package.json': '{ "dependencies": { "zod": "^4.0.0" } }' }, /zod \^4/],
];

const ROOT = join(import.meta.dirname, '..');
const SKIPPED = new Set(['node_modules', 'dist', 'bundle', 'gen', '.nx', '.git', '.attune', '.servers']);

function readTree(folder = ''): Record<string, string> {
  const tree: Record<string, string> = {};
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = posix.join(folder, entry.name);
    if (SKIPPED.has(entry.name)) continue;
    if (entry.isDirectory()) Object.assign(tree, readTree(path));
    else if (/\.(ts|mjs)$|package\.json$/.test(entry.name)) tree[path] = readFileSync(join(ROOT, path), 'utf8');
  }
  return tree;
}

const tree = readTree();

test('the tree that is judged is the whole one', () => {
  expect(Object.keys(tree)).toEqual(expect.arrayContaining(['libs/core/src/index.ts', 'tools/install.mjs', 'package.json']));
});

test.each(RULES)('%s', (_guarantee, rule, broken, complaint) => {
  expect(rule(broken)).toEqual([expect.stringMatching(complaint)]); // the rule bites, and only once
  expect(rule(tree)).toEqual([]);
});

test('what the rules allow is allowed', () => {
  const sound: Tree = {
    'libs/formats/src/a.ts':
      "import { isUtf8 } from 'node:buffer';\nimport { z } from 'zod';\nimport { AppError } from '@attune/core';\n// process.env is for others",
    'libs/formats/src/index.ts': "export * from './a.js';",
    'libs/packs/src/codes.data.ts': 'x;\n'.repeat(500),
    'libs/platform/src/queue/a.ts': "import { Worker } from 'bullmq';\nnew Worker('q');",
    'libs/core/src/entities/person.ts': '',
    'apps/attune/src/main.ts': "import { main } from '@attune/services';",
  };
  for (const [, rule] of RULES) expect(rule(sound)).toEqual([]);
});
