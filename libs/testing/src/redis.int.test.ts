import { connect } from 'node:net';
import { once } from 'node:events';
import { describeRedis } from './redis.js';

describeRedis('the Redis of the tests', (url) => {
  test('answers', async () => {
    const socket = connect(Number(new URL(url).port), new URL(url).hostname);
    socket.write('PING\r\n');
    expect(String(await once(socket, 'data'))).toBe('+PONG\r\n');
    socket.destroy();
  });
});
