// Holds an embedded Postgres under a data directory until it is told to end: node postgres-server.mjs DATA_DIR PORT DOOR
// DOOR answers any request with 200 as soon as the database takes connections.
import { createServer } from 'node:http';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './deployment.mjs';

const [dataDir, port, door] = process.argv.slice(2);
const { startEmbeddedPostgres } = await import(
  pathToFileURL(path.join(ROOT, 'libs/platform/dist/database/embedded/embedded-postgres.js')).href
);
const server = await startEmbeddedPostgres({ dataDir: path.join(dataDir, 'postgres'), port: Number(port) });
createServer((_, answer) => answer.end('ready\n')).listen(Number(door), '127.0.0.1');
process.once('SIGTERM', () => void server.stop().then(() => process.exit(0)));
