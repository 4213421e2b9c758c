import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { RedisServer } from '../redis-server.mjs';
import { p95, progress, timed } from './signs.mjs';

const backends = ['redis'];
const row = (id, fault, run, more = {}) => ({ id, fault, backends, flow: true, run, ...more });

export const redis = [
  row('F31', 'Redis is killed and started on its AOF', async (at) => {
    await pause(1_000);
    await at.bed.redis.kill();
    await at.bed.redis.start();
    await progress(at, 5_000, 'after Redis was up');
  }),
  row('F32', 'FLUSHALL while jobs flow', async (at) => {
    await pause(1_000);
    await at.bed.redis.command('FLUSHALL');
    await progress(at, 15_000, 'after the flush');
  }),
  row('F33', 'Redis is down', async (at) => {
    const { bed, load, span, note, expect, bound, random } = at;
    await bed.redis.kill();
    const submits = [];
    const began = Date.now();
    while (Date.now() - began < span('Redis is down')) {
      submits.push(await timed(() => load.submit(load.tenants[Math.floor(random() * load.tenants.length)])));
      await pause(300);
    }
    await progress(at, 5_000, 'without Redis');
    await bed.redis.start();
    note('submit p95 ms', p95(submits));
    expect(p95(submits) <= bound(200), `a submission takes ${p95(submits)} ms (p95) while Redis is down`);
  }),
  row('F34', 'Redis has no memory left', async (at) => {
    const { bed, load } = at;
    await bed.redis.command('CONFIG', 'SET', 'maxmemory', '1mb');
    for (let i = 0; i < 3; i++) await load.submit();
    await pause(2_000);
    await bed.redis.command('CONFIG', 'SET', 'maxmemory', '0');
    await progress(at, 10_000, 'after the memory was raised');
  }),
  row('F35', 'Redis fails over to a replica that is 2 s behind', async (at) => {
    const { bed } = at;
    const first = bed.redis;
    const replica = await RedisServer.started(path.join(bed.directory, `replica-${first.port}`), ['--replicaof', '127.0.0.1', first.port]);
    while (!/master_link_status:up/.test(await replica.command('INFO', 'replication'))) await pause(50);
    replica.hold();
    await pause(2_000);
    await first.kill();
    replica.release();
    await replica.command('REPLICAOF', 'NO', 'ONE');
    for (const proxy of bed.lines(/>queue$/)) proxy.redirect({ port: replica.port });
    bed.redis = replica;
    await progress(at, 15_000, 'after the failover');
  }),
  row('F36', 'half-open connections to Redis', async (at) => {
    const { bed, bound, expect, note } = at;
    const lines = bed.lines(/-0>queue$/);
    for (const proxy of lines) proxy.strand();
    const began = Date.now();
    while (Date.now() - began < bound(45_000) && lines.some((proxy) => proxy.passing === 0)) await pause(200);
    note('connected anew ms', Date.now() - began);
    expect(
      lines.every((proxy) => proxy.passing > 0),
      'a process has not connected to Redis anew',
    );
    await progress(at, 5_000, 'after the half-open connections');
  }),
];
