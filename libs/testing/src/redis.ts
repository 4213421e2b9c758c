/** Address of a Redis for the tests; undefined where this machine has none. Databases and key prefixes are the test's to choose. */
export function redisUrl(): string | undefined {
  return process.env['TEST_REDIS_URL'] || undefined; // an empty variable is none
}

/**
 * `describe` for tests that need Redis. Without one they are reported as one test that was not executed;
 * under CI that is a failure, since a guarantee would go unseen.
 */
export function describeRedis(name: string, tests: (url: string) => void): void {
  const url = redisUrl();
  if (url !== undefined) return describe(name, () => tests(url));
  describe(name, () => {
    if (!process.env['CI']) return test.skip('not executed: no Redis', () => undefined);
    test('not executed: no Redis', () => {
      throw new Error('Under CI these tests need a Redis: install redis-server, or set TEST_REDIS_URL.');
    });
  });
}
