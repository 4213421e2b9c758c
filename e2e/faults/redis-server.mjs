import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { redisProgram } from '../../tools/redis.mjs';
import { freePort } from './deployment.mjs';

/** Whether this machine can start one. */
export const hasRedis = () => redisProgram() !== undefined;

/** A Redis of our own that can be killed and started again on what it has written. */
export class RedisServer {
  #child;

  constructor(directory, port, more = []) {
    Object.assign(this, { directory, port, more });
  }

  static async started(directory, more = []) {
    fs.mkdirSync(directory, { recursive: true });
    const server = new RedisServer(directory, await freePort(), more);
    await server.start();
    return server;
  }

  get url() {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start() {
    const settings = ['--port', this.port, '--bind', '127.0.0.1', '--dir', this.directory, '--save', '', '--appendonly', 'yes'];
    const log = fs.openSync(path.join(this.directory, 'redis.log'), 'a');
    this.#child = spawn(redisProgram(), [...settings, '--maxmemory-policy', 'noeviction', ...this.more].map(String), {
      stdio: ['ignore', log, log],
    });
    fs.closeSync(log);
    while ((await this.command('PING').catch(() => undefined)) !== 'PONG') await pause(20);
  }

  /** One command on a connection of its own. */
  async command(name, ...words) {
    const client = new Redis(this.url, { retryStrategy: () => null, lazyConnect: true, maxRetriesPerRequest: 0 });
    client.on('error', () => undefined); // the command fails with it
    try {
      await client.connect();
      return await client.call(name, ...words);
    } finally {
      client.disconnect();
    }
  }

  hold() {
    this.#child.kill('SIGSTOP');
  }

  release() {
    this.#child.kill('SIGCONT');
  }

  kill() {
    return this.#end('SIGKILL');
  }

  stop() {
    return this.#end('SIGTERM');
  }

  async #end(signal) {
    if (this.#child === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill(signal);
    await gone;
  }
}
