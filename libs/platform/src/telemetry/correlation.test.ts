import { correlated, correlation, sqlComment } from './correlation.js';

test('ids reach everything that the work starts, and nothing beside it', async () => {
  const seen = await Promise.all([
    correlated({ request_id: 'r1' }, async () => {
      await Promise.resolve();
      return correlated({ job_id: 'j1' }, async () => {
        await new Promise((resolve) => setImmediate(resolve));
        return correlation();
      });
    }),
    correlated({ request_id: 'r2' }, () => Promise.resolve(correlation())),
  ]);
  expect(seen).toEqual([{ request_id: 'r1', job_id: 'j1' }, { request_id: 'r2' }]);
  expect(correlation()).toEqual({});
});

test('an id can neither end the comment nor begin another', () => {
  expect(sqlComment()).toBe('');
  const hostile = `a*/ DROP TABLE jobs; /*'"\n`;
  const comment = correlated({ request_id: hostile, epoch: 3 }, sqlComment);
  expect(comment).toMatch(/^ \/\*request_id='[^*/'\n]*',epoch='3'\*\/$/);
});
