/**
 * Makes the secrets of docker-compose.yml in deploy/compose/secrets, each once: what is there already stays as it is.
 *
 *   node deploy/compose/make-secrets.mjs
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, 'secrets');

// Only the owner gets into the folder, while the files themselves can be read by the users of the containers they are mounted into,
// whose ids are none of this machine.
mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
chmodSync(FOLDER, 0o700);
const random = (bytes = 24) => randomBytes(bytes).toString('base64url');
const database = secret('database-password', random());
secret('database-url', `postgres://attune:${database}@database:5432/attune`);
const queue = secret('queue-auth', `requirepass ${random()}\n`);
secret('queue-url', `redis://:${queue.replace('requirepass', '').trim()}@queue:6379`);
secret('key-pepper', random(32));
secret('s3-access-key', randomBytes(10).toString('hex').toUpperCase());
secret('s3-secret-key', random(30));
secret('grafana-password', random());
// Written by `attune keys create` once there is a database.
secret('api-key', '');
console.log(`Secrets are in ${FOLDER}.`);

function secret(name, made) {
  const file = join(FOLDER, name);
  try {
    writeFileSync(file, made, { flag: 'wx', mode: 0o644 });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  chmodSync(file, 0o644);
  return readFileSync(file, 'utf8');
}
