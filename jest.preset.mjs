const jsc = { target: 'es2022', keepClassNames: true };
const decorated = {
  ...jsc,
  parser: { syntax: 'typescript', decorators: true },
  transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
};
const commonjs = { swcrc: false, sourceMaps: 'inline', module: { type: 'commonjs' } };

/** Packages that ship only ES modules; jest loads CommonJS, so they are transformed like our own code. */
const ESM_ONLY = [
  '@nestjs/',
  'uuid/',
  'load-esm',
  'file-type',
  'strtok3',
  'token-types',
  'uint8array-extras',
  '@tokenizer',
  '@borewit',
  'zstddec',
  'eventsource-parser',
];

export default {
  // Ends what hangs, and nothing else: machines that build and test at once are slow, and no test measures time.
  testTimeout: 180_000,
  testEnvironment: 'node',
  reporters: ['default', `${import.meta.dirname}/tools/count-reporter.mjs`],
  testMatch: ['<rootDir>/src/**/*.test.ts'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^@attune/platform/inspect-file$': `${import.meta.dirname}/libs/platform/src/engine/inspect-file.ts`,
    '^@attune/platform/config$': `${import.meta.dirname}/libs/platform/src/config/config.ts`,
    '^@attune/([^/]+)$': `${import.meta.dirname}/libs/$1/src/index.ts`,
  },
  transform: {
    '^.+\\.ts$': ['@swc/jest', { ...commonjs, jsc: decorated }],
    '^.+\\.m?js$': ['@swc/jest', { ...commonjs, jsc: { ...jsc, parser: { syntax: 'ecmascript' } } }],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${ESM_ONLY.join('|')}))`],
};
