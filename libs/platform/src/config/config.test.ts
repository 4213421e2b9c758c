import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cliSettings, describeSettings, readConfig } from './config.js';

const SECRET = 'correct-horse-battery-staple';

function refusal(environment: NodeJS.ProcessEnv): string {
  try {
    readConfig(environment);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the environment was accepted');
}

test('an empty environment is a whole configuration: loopback, embedded, under one directory', () => {
  const config = readConfig({});
  expect(config).toMatchObject({ http: { host: '127.0.0.1', port: 8080 }, databaseUrl: undefined, queueUrl: undefined, logLevel: 'info' });
  expect(config.blobs).toEqual({ kind: 'files', directory: path.join(config.dataDir, 'blobs') });
});

test('an unknown variable of ours fails the start and is named; those of others are none of our business', () => {
  expect(refusal({ ATTUNE_HTPP_PORT: '1' })).toContain('unknown: ATTUNE_HTPP_PORT');
  expect(readConfig({ TEST_POSTGRES_URL: 'x', PATH: '/bin' }).http.port).toBe(8080);
});

test('an empty variable counts as absent', () => {
  expect(readConfig({ ATTUNE_HTTP_PORT: '' }).http.port).toBe(8080);
});

test('a wrong value is named by its variable and never quoted', () => {
  for (const name of [
    'ATTUNE_HTTP_PORT',
    'ATTUNE_DATABASE_URL',
    'ATTUNE_QUEUE_URL',
    'ATTUNE_LOG_LEVEL',
    'ATTUNE_SLOTS',
    'ATTUNE_OTLP_URL',
  ]) {
    const message = refusal({ [name]: SECRET });
    expect(message).toContain(name);
    expect(message).not.toContain(SECRET);
  }
  expect(refusal({ ATTUNE_KEY_PEPPER: 'short-secret' })).not.toContain('short-secret');
});

test('a secret is read from the file that X_FILE names', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'attune-config-'));
  writeFileSync(path.join(home, 'pepper'), `${SECRET}\n`);
  expect(readConfig({ ATTUNE_KEY_PEPPER_FILE: path.join(home, 'pepper') }).keyPepper).toBe(SECRET);
  expect(refusal({ ATTUNE_KEY_PEPPER_FILE: path.join(home, 'absent') })).toContain('ATTUNE_KEY_PEPPER_FILE');
  rmSync(home, { recursive: true });
});

test('every setting says what happens when it is absent', () => {
  for (const { name, description } of describeSettings()) expect(`${name}: ${description}`).toContain('Absent: ');
});

test('the command line reads the same environment', () => {
  expect(cliSettings({ ATTUNE_URL: 'http://127.0.0.1:9000', ATTUNE_API_KEY: 'k' })).toMatchObject({
    url: 'http://127.0.0.1:9000',
    apiKey: 'k',
  });
  // A file with more in it than the key must not end up in a message about a header.
  expect(() => cliSettings({ ATTUNE_API_KEY: `pulling\n${SECRET}` })).toThrow(/^(?!.*correct-horse).*ATTUNE_API_KEY/);
});

test('the empty file of a key that is still to be made keeps nobody from making it', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'attune-config-'));
  writeFileSync(path.join(home, 'api-key'), '');
  expect(cliSettings({ ATTUNE_API_KEY_FILE: path.join(home, 'api-key') }).apiKey).toBeUndefined();
  rmSync(home, { recursive: true });
});

test('limits are generous unless set, and origins are whole origins or the start fails', () => {
  expect(readConfig({})).toMatchObject({ rates: { jobs: 600, api: 6000 }, corsOrigins: [], trustedProxies: 0 });
  const config = readConfig({ ATTUNE_RATE_JOBS: '0', ATTUNE_CORS_ORIGINS: 'https://a.example, http://b.example:81' });
  expect(config).toMatchObject({ rates: { jobs: 0, api: 6000 }, corsOrigins: ['https://a.example', 'http://b.example:81'] });
  for (const wrong of ['*', 'a.example', 'https://a.example/', 'https://a.example,'])
    expect(refusal({ ATTUNE_CORS_ORIGINS: wrong })).toContain('ATTUNE_CORS_ORIGINS');
});

test('failpoints are refused by a process that was not started for tests', () => {
  expect(() => readConfig({ TEST_FAILPOINTS: '/tmp/failpoints' })).toThrow('NODE_ENV=test');
  expect(() => readConfig({ TEST_FAILPOINTS: '/tmp/failpoints', NODE_ENV: 'production' })).toThrow('NODE_ENV=test');
  expect(readConfig({ TEST_FAILPOINTS: '/tmp/failpoints', NODE_ENV: 'test' }).failpointsDir).toBe('/tmp/failpoints');
  expect(readConfig({ NODE_ENV: 'test' }).failpointsDir).toBeUndefined();
});
