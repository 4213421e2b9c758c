import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** Text of the pages by path, and what they may speak of. */
interface Shelf {
  readonly pages: Readonly<Record<string, string>>;
  readonly exists: (path: string) => boolean;
  readonly scripts: readonly string[];
  readonly commands: readonly string[];
  readonly variables: readonly string[];
  /** As in `GET /health/live`. */
  readonly routes: readonly string[];
}

/** Tells what is wrong, one sentence per fault. */
type Rule = (shelf: Shelf) => string[];

const inEveryPage =
  (faults: (text: string, path: string, shelf: Shelf) => string[]): Rule =>
  (shelf) =>
    Object.entries(shelf.pages).flatMap(([path, text]) => faults(text, path, shelf).map((fault) => `${path}: ${fault}`));

const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1]!);
const withoutCode = (text: string) => text.replace(/```.*?```/gs, '').replace(/`[^`\n]*`/g, '');

/** As GitHub makes the anchor of a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
const anchorsOf = (text: string) => all(text.replace(/```.*?```/gs, ''), /^#+ (.+)$/gm).map(anchorOf);

const linksLead = inEveryPage((text, path, { pages, exists }) =>
  all(text.replace(/```.*?```/gs, ''), /\]\(([^)\s]+)\)/g).flatMap((link) => {
    if (/^https?:/.test(link)) return [];
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? path : posix.join(posix.dirname(path), file);
    if (!(target in pages) && !exists(target)) return [`${link} leads nowhere`];
    const page = pages[target];
    return anchor !== undefined && page !== undefined && !anchorsOf(page).includes(anchor) ? [`${link} has no such heading`] : [];
  }),
);

const scriptsExist = inEveryPage((text, _path, { scripts }) =>
  [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(test|start)\b)/g)].flatMap(([, run, short]) => {
    const script = run ?? short!;
    return scripts.includes(script) ? [] : [`there is no npm script ${script}`];
  }),
);

const commandsExist = inEveryPage((text, _path, { commands }) =>
  all(text, /(?:^|`)(?:attune|node apps\/attune\/bin\/attune\.mjs) ([a-z]+)/gm).flatMap((command) =>
    commands.includes(command) ? [] : [`there is no command attune ${command}`],
  ),
);

const variablesExist = inEveryPage((text, _path, { variables }) =>
  all(text, /\b(ATTUNE_[A-Z_]+[A-Z])\b/g).flatMap((name) =>
    variables.includes(name.replace(/_FILE$/, '')) ? [] : [`there is no setting ${name}`],
  ),
);

const pathsExist = inEveryPage((text, _path, { exists }) =>
  all(text, /(?:`|^node )((?:apps|libs|tools|bench|samples|docs)\/[\w./-]+\.\w+)(?:`|$|\s)/gm).flatMap((path) =>
    path.includes('/dist/') || path.includes('0002-') || exists(path) ? [] : [`there is no file ${path}`],
  ),
);

const API_PAGE = 'docs/reference/api.md';

const routesDocumented: Rule = ({ pages, routes }) => {
  const told = all(pages[API_PAGE] ?? '', /(?:^### |^\| `)((?:GET|POST|PUT|PATCH|DELETE) [\w/{}.-]+)/gm);
  return [
    ...routes.filter((route) => !told.includes(route)).map((route) => `${route} is not documented`),
    ...told.filter((route) => !routes.includes(route)).map((route) => `${route} is documented and does not exist`),
  ];
};

const MAX_LINES: Readonly<Record<string, number>> = { 'README.md': 200, 'ARCHITECTURE.md': 200 };
const shortPages = inEveryPage((text, path) => {
  const lines = text.trimEnd().split('\n').length;
  return lines > (MAX_LINES[path] ?? Infinity) ? [`has ${lines} lines`] : [];
});

const noClaims = inEveryPage((text) =>
  all(withoutCode(text), /\b((?:HIPAA|GDPR)[ -](?:compliant|certified)|certified)\b/gi).map((claim) => `claims to be ${claim}`),
);

const sound: Shelf = {
  pages: { 'README.md': '# A\n\n[b](docs/b.md#c-d)\n', 'docs/b.md': '## C d\n', [API_PAGE]: '### GET /x\n' },
  exists: () => false,
  scripts: ['test'],
  commands: ['up'],
  variables: ['ATTUNE_URL'],
  routes: ['GET /x'],
};
const saying = (text: string): Shelf => ({ ...sound, pages: { ...sound.pages, 'README.md': text } });

/** Each rule with a shelf that breaks it in one place, and the sentence that says so. */
const RULES: readonly (readonly [guarantee: string, rule: Rule, broken: Shelf, complaint: RegExp])[] = [
  ['links lead to files that exist', linksLead, saying('[x](docs/none.md)'), /none\.md leads nowhere/],
  ['links lead to headings that exist', linksLead, saying('[x](docs/b.md#none)'), /#none has no such heading/],
  ['npm scripts exist', scriptsExist, saying('`npm run fly` and `npm test`'), /script fly/],
  ['commands of the command line exist', commandsExist, saying('`attune fly`, then\nattune up\n'), /attune fly/],
  ['settings exist', variablesExist, saying('`ATTUNE_URL_FILE` and `ATTUNE_COLOUR`'), /ATTUNE_COLOUR/],
  ['files that are named exist', pathsExist, saying('`libs/core/src/none.ts`'), /none\.ts/],
  ['every route is documented', routesDocumented, { ...sound, routes: ['GET /x', 'POST /y'] }, /POST \/y is not documented/],
  ['every documented route exists', routesDocumented, { ...sound, routes: [] }, /GET \/x is documented and does not exist/],
  ['README and ARCHITECTURE stay short', shortPages, saying('x\n'.repeat(201)), /201 lines/],
  ['nothing claims a certificate', noClaims, saying('Attune is HIPAA compliant.'), /HIPAA compliant/],
];

const shelf = theShelf();

test('the shelf that is judged is the whole one', () => {
  expect(Object.keys(shelf.pages)).toEqual(expect.arrayContaining(['README.md', API_PAGE, 'docs/reference/findings.md']));
  expect(shelf.routes).toEqual(expect.arrayContaining(['POST /api/v1/jobs', 'GET /health/live', 'GET /api/v1/jobs/{id}/result']));
  expect(shelf.commands).toEqual(expect.arrayContaining(['up', 'submit']));
});

test.each(RULES)('%s', (_guarantee, rule, broken, complaint) => {
  expect(rule(broken)).toEqual([expect.stringMatching(complaint)]); // the rule bites, and only once
  expect(rule(sound)).toEqual([]);
  expect(rule(shelf)).toEqual([]);
});

function theShelf(): Shelf {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const inRoot = readdirSync(ROOT).filter((name) => name.endsWith('.md'));
  const inDocs = filesUnder('docs').filter((path) => path.endsWith('.md'));
  return {
    pages: Object.fromEntries([...inRoot, ...inDocs].map((path) => [path, read(path)])),
    exists: (path) => existsSync(join(ROOT, path)),
    scripts: Object.keys(scripts),
    commands: readdirSync(join(ROOT, 'apps/attune/src/commands')).flatMap((name) => /^([a-z]+)\.ts$/.exec(name)?.[1] ?? []),
    variables: all(read('libs/platform/src/config/config.ts'), /^ {2}(ATTUNE_[A-Z_]+):/gm),
    routes: ['libs/services/src', 'libs/platform/src/http'].flatMap(filesUnder).flatMap(routesOf),
  };
}

/** The routes of a controller, from its decorators. */
function routesOf(path: string): string[] {
  if (!path.endsWith('.controller.ts')) return [];
  const text = read(path);
  const base = /@Controller\((?:'([^']*)')?\)/.exec(text)?.[1] ?? '';
  return [...text.matchAll(/@(Get|Post|Put|Patch|Delete)\(([^)]*)\)/g)].flatMap(([, verb, written]) => {
    const own = [...written!.matchAll(/'([^']*)'/g)].map(([, part]) => part!);
    return (own.length > 0 ? own : ['']).map((part) => `${verb!.toUpperCase()} ${posix.join('/', base, part).replace(/:(\w+)/g, '{$1}')}`);
  });
}

function filesUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => posix.join(folder, name))
    .filter((path) => statSync(join(ROOT, path)).isFile());
}
