import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../e2e/faults/deployment.mjs';
import { redisProgram } from '../../tools/redis.mjs';

/** A Redis with durable settings under the directory; undefined where the machine has none. */
export async function startRedis(dir) {
  const program = redisProgram();
  if (program === undefined) return undefined;
  const port = await freePort();
  fs.mkdirSync(path.join(dir, 'redis'), { recursive: true });
  const settings = ['--port', port, '--dir', path.join(dir, 'redis'), '--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''];
  const child = spawn(program, [...settings, '--maxmemory-policy', 'noeviction'].map(String), { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  for (const deadline = Date.now() + 10_000; !(await answers(port)); await pause(20))
    if (Date.now() > deadline) throw new Error('Redis did not start');
  return {
    url: `redis://127.0.0.1:${port}`,
    /** Bytes that its data take. */
    usedBytes: async () => Number(/used_memory:(\d+)/.exec(await ask(port, 'INFO memory\r\n'))?.[1]),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

const answers = async (port) => (await ask(port, 'PING\r\n').catch(() => '')).startsWith('+PONG');

function ask(port, words) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(words));
    socket.setTimeout(2_000, () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
    socket.once('data', (data) => resolve(String(data)) ?? socket.end());
  });
}
