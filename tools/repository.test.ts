import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** What git would commit: tracked files, and new ones that are not ignored. Without git there is nothing to look at. */
function committable(): string[] {
  if (!existsSync(join(ROOT, '.git'))) return [];
  const list = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return list.split('\0').filter((path) => path !== '' && existsSync(join(ROOT, path)) && isText(join(ROOT, path)));
}

/** No sample of data, and no link: what it leads to is looked at where it lies. */
function isText(file: string): boolean {
  const found = lstatSync(file);
  return found.isFile() && found.size < 1 << 20;
}

/** Shapes of keys and tokens; the words are cut so that this file does not hold them. */
const SECRETS: readonly RegExp[] = [
  new RegExp(`-----BEGIN ${'(?:[A-Z]+ )?'}PRIVATE KEY-----`),
  /\bAKIA[0-9A-Z]{16}\b/,
  /\bgh[pousr]_[A-Za-z0-9]{36}\b/,
  /\bnpm_[A-Za-z0-9]{36}\b/,
  /\bxox[abprs]-[A-Za-z0-9-]{20,}/,
  /_authToken\s*=\s*\S{8}/,
];
const HOME_PATHS = /(?:^|[\s"'`(=:])(\/(?:home|Users|root)\/[\w.-]+)/m;

const secretsIn = (text: string) => SECRETS.filter((shape) => shape.test(text));
const homePathIn = (text: string) => HOME_PATHS.exec(text)?.[1];

test('a secret and a path of a private machine are recognized', () => {
  expect(secretsIn(`key: ${'AKIA'}ABCDEFGHIJKLMNOP`)).toHaveLength(1);
  expect(secretsIn(`-----BEGIN ${'RSA'} PRIVATE KEY-----`)).toHaveLength(1);
  expect(secretsIn(`//registry/:${'_auth'}Token=0123456789`)).toHaveLength(1);
  expect(homePathIn(`open('${'/ho'}me/ada/file')`)).toBe(['', 'home', 'ada'].join('/'));
  expect(homePathIn('https://example.org/home/page')).toBeUndefined();
});

test('nothing that is committed holds a secret or a path of a private machine', () => {
  const faults = committable().flatMap((path) => {
    const text = read(path);
    return secretsIn(text).length > 0 || homePathIn(text) !== undefined ? [path] : [];
  });
  expect(faults).toEqual([]);
});

test('the licence is there, and every package names it', () => {
  expect(read('LICENSE')).toContain('Apache License');
  const manifests = committable().filter((path) => path.endsWith('package.json'));
  const licences = manifests.map((path) => (JSON.parse(read(path)) as { license?: string }).license);
  expect(new Set(licences)).toEqual(new Set(manifests.length > 0 ? ['Apache-2.0'] : []));
});

test('the checks on the server are the gate of everybody', () => {
  expect(read('.github/workflows/check.yml')).toContain('bash .ci/run');
  expect(read('.ci/run')).toMatch(/^npm test$/m);
  expect(statSync(join(ROOT, '.ci/run')).mode & 0o111).toBe(0o111);
});

test('every command that the README names exists', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const named = [...read('README.md').matchAll(/\bnpm (?:run ([\w:-]+)|(test|start)\b)/g)].map(([, script, short]) => script ?? short!);
  expect(named).toEqual(expect.arrayContaining(['quickstart', 'test', 'start']));
  expect(named.filter((script) => !(script in scripts))).toEqual([]);
});

test('every script of the root names a file that exists', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const files = Object.values(scripts).flatMap((script) => /^node (\S+)/.exec(script)?.[1] ?? []);
  expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});
