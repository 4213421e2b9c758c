// Rules about the texts of images and compose, each with a text that breaks it: a rule that does not bite is a failure too.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

export const name = 'text';
export const cheap = true;

const ROOT = join(import.meta.dirname, '..', '..');
const { parse } = createRequire(join(ROOT, 'libs/rules/package.json'))('yaml');
const SECRET_NAME = /PASSWORD|SECRET|TOKEN|PEPPER|(?:ACCESS|API|PRIVATE)_KEY/;
const FILE_NAME = /_FILE$/;
const PINNED = /^[\w./-]+(?::(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})$/;

const matches = (text, pattern) => [...text.matchAll(pattern)].map(([, first]) => first);
/** `${NAME:-default}` as it is when nothing is set. */
const withDefaults = (text) => text.replace(/\$\{\w+:-([^}]*)\}/g, '$1');
const services = ({ compose }) => Object.entries(parse(compose, { merge: true }).services);
const ofOurs = (tree) => services(tree).filter(([, { build }]) => build);
const environmentOf = ({ environment = {} }) => Object.keys(environment);

/** Each answers what is wrong, a line per fault; `broken` replaces one text of the repository with one that has exactly that fault. */
const RULES = [
  {
    says: 'base images are pinned, and never latest',
    faults: ({ dockerfile }) =>
      matches(dockerfile, /^ARG \w+_IMAGE=(\S+)$/gm)
        .filter((image) => !PINNED.test(image))
        .concat(matches(dockerfile, /^FROM (\S+)/gm).filter((from) => !from.startsWith('${') && !stagesOf(dockerfile).includes(from))),
    broken: { dockerfile: 'ARG NODE_IMAGE=node:latest\nFROM ${NODE_IMAGE} AS run\n' },
  },
  {
    says: 'images run as a numbered user who is not root',
    faults: ({ dockerfile }) => (/^[1-9]\d*:[1-9]\d*$/.test(matches(dockerfile, /^USER (\S+)$/gm).at(-1) ?? '') ? [] : ['USER']),
    broken: { dockerfile: 'FROM a AS run\nUSER root\n' },
  },
  {
    says: 'no secret is an argument or a variable of an image',
    faults: ({ dockerfile }) =>
      matches(dockerfile, /^(?:ARG|ENV| {4,})\s*(\w+)=/gm).filter((name) => SECRET_NAME.test(name) && !FILE_NAME.test(name)),
    broken: { dockerfile: 'ARG NPM_TOKEN=""\n' },
  },
  {
    says: 'every file that is copied into an image exists',
    faults: ({ dockerfile }) =>
      matches(dockerfile, /^COPY (?!--from)(.+) \S+$/gm)
        .flatMap((sources) => sources.split(' '))
        .filter((source) => !existsSync(join(ROOT, source))),
    broken: { dockerfile: 'COPY none.txt /\n' },
  },
  {
    says: 'images have a health check, and start without a shell',
    faults: ({ dockerfile }) => [
      ...(/^HEALTHCHECK [^\n]*(?:\\\n[^\n]*)?CMD \[/m.test(dockerfile) ? [] : ['HEALTHCHECK']),
      ...matches(dockerfile, /^(?:CMD|ENTRYPOINT) ([^[].*)$/gm),
    ],
    broken: { dockerfile: 'HEALTHCHECK --retries=3 CMD ["x"]\nCMD node main.js\n' },
  },
  {
    says: 'what images are built from is named, and secrets are kept out of it',
    faults: ({ dockerignore }) => {
      const lines = dockerignore.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      const kept = ['**/.env', '**/.env.*', '**/*.pem', '**/*.key', '**/api-key', '**/secrets', '**/node_modules', '**/dist'];
      return [
        ...(lines[0] === '*' ? [] : ['the first line lets everything in']),
        ...kept.filter((pattern) => lines.lastIndexOf(pattern) < lines.findLastIndex((line) => line.startsWith('!'))),
        ...lines.filter((line) => /^!(?:\.(?!npmrc$)|deploy|\*)/.test(line)),
      ];
    },
    broken: { dockerignore: '*\n!.env\n**/.env\n**/.env.*\n**/*.pem\n**/*.key\n**/api-key\n**/secrets\n**/node_modules\n**/dist\n' },
  },
  {
    says: 'images of compose are pinned, and never latest',
    faults: (tree) => services(tree).flatMap(([name, { image }]) => (PINNED.test(withDefaults(image)) ? [] : [`${name}: ${image}`])),
    broken: { compose: 'services: { a: { image: "redis" } }' },
  },
  {
    says: 'ports are published on loopback only',
    faults: (tree) =>
      services(tree).flatMap(([name, { ports = [] }]) =>
        ports.filter((port) => !port.startsWith('127.0.0.1:')).map((port) => `${name}: ${port}`),
      ),
    broken: { compose: 'services: { a: { image: "x:1", ports: ["8080:8080"] } }' },
  },
  {
    says: 'every service has a health check, of its own or of its image',
    faults: (tree) =>
      services(tree).flatMap(([name, { healthcheck, build, restart }]) =>
        healthcheck?.test || (build && !healthcheck?.disable) || restart === 'no' ? [] : [name],
      ),
    broken: { compose: 'services: { a: { image: "x:1", restart: always } }' },
  },
  {
    says: 'every setting of Attune in images and compose exists',
    faults: (tree) =>
      [
        ...matches(tree.dockerfile, /\b(ATTUNE_[A-Z0-9_]*[A-Z0-9])\b/g),
        ...services(tree).flatMap(([, service]) => environmentOf(service)),
      ].filter((name) => name.startsWith('ATTUNE_') && !tree.settings.includes(name.replace(FILE_NAME, ''))),
    broken: { compose: 'services: { a: { image: "x:1", environment: { ATTUNE_COLOUR: red } } }' },
  },
  {
    says: 'secrets come from files, which are made for them and kept out of git',
    faults: (tree) => {
      const { secrets = {} } = parse(tree.compose, { merge: true });
      const inEnvironment = services(tree).flatMap(([name, service]) =>
        environmentOf(service)
          .filter((key) => SECRET_NAME.test(key) && !FILE_NAME.test(key))
          .map((key) => `${name}: ${key}`),
      );
      return [
        ...inEnvironment,
        ...Object.keys(secrets).filter((secret) => !tree.makeSecrets.includes(`secret('${secret}'`)),
        ...Object.values(secrets).flatMap(({ file }) => (file.startsWith('./deploy/compose/secrets/') ? [] : [file])),
        ...(tree.gitignore.split('\n').includes('deploy/compose/secrets/') ? [] : ['.gitignore']),
      ];
    },
    broken: { compose: 'services: { a: { image: "x:1", environment: { DB_PASSWORD: x } } }' },
  },
  {
    says: 'our services write to no image, have no capability and gain none',
    faults: (tree) =>
      ofOurs(tree).flatMap(([name, { read_only: readOnly, cap_drop: dropped = [], security_opt: options = [], user }]) =>
        readOnly === true && dropped.includes('ALL') && options.includes('no-new-privileges:true') && user === undefined ? [] : [name],
      ),
    broken: { compose: 'services: { a: { image: "x:1", build: ".", read_only: true, cap_drop: [ALL] } }' },
  },
  {
    says: 'compose builds every target that runs a service',
    faults: (tree) => {
      const built = ofOurs(tree).map(([, { build }]) => build.target);
      return stagesOf(tree.dockerfile).filter(
        (stage) => ['gateway', 'validator', 'harmonizer', 'generator', 'attune'].includes(stage) && !built.includes(stage),
      );
    },
    broken: { dockerfile: 'FROM run AS gateway\n', compose: 'services: { a: { image: "x:1" } }' },
  },
];

/** @param report what tools/check-deploy.mjs hands to every check */
export async function check(report) {
  const tree = readTree();
  for (const { says, faults, broken } of RULES) {
    if (faults({ ...tree, ...broken }).length !== 1) report.failed(`${says}: the rule does not see what breaks it`);
    const found = faults(tree);
    if (found.length === 0) report.executed(says);
    else report.failed(`${says}: ${found.join('; ')}`);
  }
}

function readTree() {
  const read = (path) => readFileSync(join(ROOT, path), 'utf8');
  return {
    dockerfile: read('deploy/Dockerfile'),
    dockerignore: read('.dockerignore'),
    compose: read('docker-compose.yml'),
    makeSecrets: read('deploy/compose/make-secrets.mjs'),
    gitignore: read('.gitignore'),
    settings: matches(read('libs/platform/src/config/config.ts'), /^ {2}(ATTUNE_[A-Z0-9_]+):/gm),
  };
}

function stagesOf(dockerfile) {
  return matches(dockerfile, /^FROM \S+ AS (\S+)$/gm);
}
