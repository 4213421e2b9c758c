// Adds to package-lock.json the optional packages of other platforms that a registry did not offer when the lock was made: npm ci
// refuses a lock without them. To be run after every change of the lock: node tools/complete-lock.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SYSTEMS = ['darwin', 'linux', 'win32', 'freebsd', 'android', 'openharmony', 'aix', 'sunos', 'netbsd', 'openbsd'];
const PROCESSORS = ['arm64', 'x64', 'ia32', 'armv7', 'arm', 'ppc64', 'ppc', 'riscv64', 's390x', 'loong64', 'mips64el', 'wasm32'];
const OTHER_NAMES = [
  ['aarch64', 'arm64'],
  ['x86_64', 'x64'],
  ['windows', 'win32'],
];

const file = process.argv[2] ?? join(import.meta.dirname, '..', 'package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
const added = [];
const unknown = [];

for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isLocked(path, name)) continue;
    const platform = platformOf(name);
    if (!platform || !/^\d+\.\d+\.\d+/.test(version)) unknown.push(`${name}@${version}`);
    else {
      lock.packages[`node_modules/${name}`] = { version, ...platform, ...(entry.dev ? { dev: true } : {}), optional: true };
      added.push(`${name}@${version}`);
    }
  }
}
// npm's own order, so that the next install changes nothing.
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')));
if (added.length > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added.length} added${added.length > 0 ? `: ${added.join(' ')}` : ''}`);
if (unknown.length > 0) {
  console.error(`Not added, as the name does not tell the platform: ${unknown.join(' ')}`);
  process.exitCode = 1;
}

/** Found as Node finds it: in the package's own node_modules, or in one of a folder above. */
function isLocked(path, name) {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
    if (lock.packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`]) return true;
    if (at === '') return false;
  }
}

/** `@swc/core-linux-arm64-gnu` is for os linux, cpu arm64, libc glibc. */
function platformOf(name) {
  const plain = OTHER_NAMES.reduce((text, [other, ours]) => text.replace(other, ours), name.split('/').at(-1));
  const words = plain.split(/[-._]/);
  const os = SYSTEMS.find((system) => words.includes(system));
  const cpu = PROCESSORS.find((processor) => words.includes(processor)) ?? PROCESSORS.find((processor) => plain.includes(processor));
  if (!os || !cpu) return undefined;
  const libc = words.some((word) => word.startsWith('musl')) ? 'musl' : words.some((word) => word.startsWith('gnu')) ? 'glibc' : undefined;
  return { cpu: [cpu === 'armv7' ? 'arm' : cpu], ...(os === 'linux' && libc ? { libc: [libc] } : {}), os: [os] };
}
