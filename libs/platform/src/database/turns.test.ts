import { Turns } from './turns.js';

const { signal } = new AbortController();

test('so many pass at a time, and the others in the order in which they came', async () => {
  const turns = new Turns(2);
  const [first, second] = [await turns.take(signal), await turns.take(signal)];
  const passed: string[] = [];
  const third = turns.take(signal).then((leave) => (passed.push('third'), leave));
  const fourth = turns.take(signal).then((leave) => (passed.push('fourth'), leave));
  await new Promise((resolve) => setImmediate(resolve));
  expect(passed).toEqual([]);
  first();
  (await third)();
  await fourth;
  expect(passed).toEqual(['third', 'fourth']);
  second();
});

test('who gives up waiting takes nobody else’s turn', async () => {
  const turns = new Turns(1);
  const leave = await turns.take(signal);
  const stop = new AbortController();
  const impatient = turns.take(stop.signal);
  const patient = turns.take(signal);
  stop.abort(new Error('stopped'));
  await expect(impatient).rejects.toThrow('stopped');
  leave();
  (await patient)();
  (await turns.take(signal))();
});
