import { Redis } from 'ioredis';
import { isRedisUrl } from './backend.js';

export interface RedisMemory {
  readonly usedRatio: number;
  /** A Redis that evicts loses rings; that costs ticks, never jobs. */
  readonly evictsNothing: boolean;
}

/** How full the Redis behind the queues is; undefined where the queue is no Redis. Throws when it does not answer. */
export async function redisMemory(queueUrl: string): Promise<RedisMemory | undefined> {
  if (!isRedisUrl(queueUrl)) return undefined;
  const client = new Redis(queueUrl, { lazyConnect: true, connectTimeout: 1_000, commandTimeout: 1_000, retryStrategy: null });
  client.on('error', () => undefined); // the call below rejects
  try {
    await client.connect();
    const info = await client.info('memory');
    const number = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
    const limit = number('maxmemory') || number('total_system_memory');
    return {
      usedRatio: limit > 0 ? number('used_memory') / limit : 0,
      evictsNothing: /^maxmemory_policy:noeviction/m.test(info),
    };
  } finally {
    client.disconnect();
  }
}
