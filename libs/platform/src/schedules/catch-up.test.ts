import { decideFires } from './catch-up.js';

const HOURLY = { cron: '0 * * * *', timeZone: 'UTC' };
const at = (text: string): number => Date.parse(`2026-01-${text}:00Z`);
const due = (...times: string[]): number[] => times.map(at);

test('a due time of a moment ago fires, whatever is to be caught up', () => {
  for (const catchUp of ['none', 'last', 'all'] as const)
    expect(decideFires(HOURLY, catchUp, at('01T10:00'), at('01T10:00') + 59_000)).toEqual({
      fire: due('01T10:00'),
      skip: [],
      firedThrough: at('01T10:00'),
      nextDueAt: at('01T11:00'),
    });
});

test.each([
  ['none', [], ['01T08:00', '01T09:00', '01T10:00']],
  ['last', ['01T10:00'], ['01T08:00', '01T09:00']],
  ['all', ['01T08:00', '01T09:00', '01T10:00'], []],
] as const)('after three hours away %s fires %j', (catchUp, fire, skip) => {
  expect(decideFires(HOURLY, catchUp, at('01T08:00'), at('01T10:30'))).toEqual({
    fire: due(...fire),
    skip: due(...skip).map((dueAt) => ({ dueAt, through: null })),
    firedThrough: at('01T10:00'),
    nextDueAt: at('01T11:00'),
  });
});

test('after a month away no more than a hundred jobs are made, and the rest is one line', () => {
  const decision = decideFires(HOURLY, 'all', at('01T00:00'), at('31T23:30'));
  expect([decision.fire.length, decision.fire.at(-1)]).toEqual([100, at('31T23:00')]);
  expect(decision.skip).toEqual([{ dueAt: at('01T00:00'), through: decision.fire[0]! - 3_600_000 }]);
});
