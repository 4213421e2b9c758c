import { SharedReads } from './shared-reads.js';

/** A question that is answered with what is true when it is asked, once the test says so. */
function slow() {
  const state = { truth: 0, asked: 0 };
  const waiting: (() => void)[] = [];
  const ask = async (): Promise<number> => {
    state.asked++;
    const seen = state.truth;
    await new Promise<void>((resolve) => waiting.push(resolve));
    if (seen < 0) throw new Error('planted');
    return seen;
  };
  const answer = async (): Promise<void> => {
    waiting.shift()!();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { state, ask, answer };
}

test('who asks while the question is under way shares the next one, and hears nothing that was true only before', async () => {
  const { state, ask, answer } = slow();
  const reads = new SharedReads<number>();
  const first = reads.get('a', ask);
  state.truth = 1;
  const late = [reads.get('a', ask), reads.get('a', ask), reads.get('a', ask)];
  expect(state.asked).toBe(1);
  await answer();
  expect(await first).toBe(0);
  expect(state.asked).toBe(2);
  state.truth = 2;
  const later = reads.get('a', ask);
  await answer();
  expect(await Promise.all(late)).toEqual([1, 1, 1]);
  await answer();
  expect(await later).toBe(2);
  expect(state.asked).toBe(3);
});

test('other questions are others, and one that failed is asked anew for those who came meanwhile', async () => {
  const { state, ask, answer } = slow();
  const reads = new SharedReads<number>();
  state.truth = -1;
  const failing = reads.get('a', ask);
  const heard = expect(failing).rejects.toThrow('planted');
  state.truth = 5;
  const other = reads.get('b', ask);
  const late = reads.get('a', ask);
  await answer();
  await heard;
  await answer();
  await answer();
  expect(await Promise.all([other, late])).toEqual([5, 5]);
});

test('nothing is kept once it was answered', async () => {
  const { state, ask, answer } = slow();
  const reads = new SharedReads<number>();
  for (const round of [1, 2]) {
    const one = reads.get('a', ask);
    await answer();
    await one;
    expect(state.asked).toBe(round);
  }
});
