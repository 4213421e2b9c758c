import { Hearing } from './hearing.js';

/** A listener that began at 0, has missed work and has been silent for 30 s. */
function silent(): Hearing {
  const hearing = new Hearing(0, 30_000);
  hearing.missed();
  return hearing;
}

test('a listener is in doubt only when work was missed and no ring was heard for 30 s', () => {
  expect(new Hearing(0, 30_000).inDoubt(60_000)).toBe(false);
  expect(silent().inDoubt(29_999)).toBe(false);
  expect(silent().inDoubt(30_000)).toBe(true);
});

test('a ring that is heard ends the doubt, until work is missed again', () => {
  const hearing = silent();
  hearing.heard(20_000);
  expect(hearing.inDoubt(60_000)).toBe(false);
  hearing.missed();
  expect(hearing.inDoubt(49_999)).toBe(false);
  expect(hearing.inDoubt(50_000)).toBe(true);
});

test('a listener is deaf when rings lie on the queue at two looks in a row', () => {
  const hearing = silent();
  expect([hearing.isDeaf(1), hearing.isDeaf(2)]).toEqual([false, true]);
});

test('a listener for which nobody rings is not deaf', () => {
  const hearing = silent();
  expect([0, 0, 1, 0, 1].map((waiting) => hearing.isDeaf(waiting))).toEqual([false, false, false, false, false]);
});

test('a ring that is heard between two looks belonged to the first of them', () => {
  const hearing = silent();
  expect(hearing.isDeaf(1)).toBe(false);
  hearing.heard(31_000);
  expect(hearing.isDeaf(1)).toBe(false);
});
