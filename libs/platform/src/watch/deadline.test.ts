import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Deadline } from './deadline.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

test('time is over for whoever waits, however much garbage is collected before', async () => {
  const waited = Promise.all(
    Array.from({ length: 50 }, () => {
      const deadline = new Deadline(300, new AbortController().signal);
      return once(deadline.signal, 'abort').then(() => deadline.isOver);
    }),
  );
  const collecting = setInterval(collectGarbage, 20);
  expect(new Set(await waited)).toEqual(new Set([true]));
  clearInterval(collecting);
});

test('an earlier signal ends it with its own reason, before or after it has begun', () => {
  const caller = new AbortController();
  const deadline = new Deadline(60_000, caller.signal);
  caller.abort('the caller has gone');
  const late = new Deadline(60_000, caller.signal);
  for (const { signal, isOver } of [deadline, late]) expect([signal.reason, isOver]).toEqual(['the caller has gone', false]);
  deadline.close();
  late.close();
});

test('a deadline that was closed aborts nothing', async () => {
  const caller = new AbortController();
  const deadline = new Deadline(1, caller.signal);
  deadline.close();
  await new Promise((resolve) => setTimeout(resolve, 20));
  caller.abort();
  expect(deadline.signal.aborted).toBe(false);
});
