import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/**
 * Starts the servers of the tests, and stops them when it is called again: jest calls it as globalSetup and as globalTeardown.
 * A child process holds them and lives as long as its standard input is open, so that nothing survives a killed jest.
 */
export default async function servers() {
  if (globalThis.attuneServers) {
    const { child, gone } = globalThis.attuneServers;
    child.stdin.end();
    await gone;
    return;
  }
  const script = join(import.meta.dirname, 'libs/testing/servers.mjs');
  // A process group of its own: Ctrl-C is for jest, which then closes the pipe.
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const gone = once(child, 'exit');
  globalThis.attuneServers = { child, gone };
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (told += text));
  await Promise.race([gone, new Promise((fulfil) => child.stdout.on('data', () => told.includes('\n') && fulfil()))]);
  if (!told.includes('\n')) throw new Error('The servers of the tests did not start; the reason stands above.');
  Object.assign(process.env, JSON.parse(told));
}
