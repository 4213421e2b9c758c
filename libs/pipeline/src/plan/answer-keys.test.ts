import { existsSync } from 'node:fs';
import { keysOf, type Score, scoreOf } from './answer-keys.fixture.js';

const corpus = process.env['TEST_CORPUS'];
const present = corpus !== undefined && existsSync(corpus);

function reportOf(source: string, scores: readonly Score[]): { right: number; wrong: number; text: string } {
  const sum = (count: (score: Score) => number): number => scores.reduce((total, score) => total + count(score), 0);
  const [meant, right, applied, wrong] = [sum((s) => s.meant), sum((s) => s.right), sum((s) => s.applied), sum((s) => s.wrong.length)];
  const text = `${source}: ${right} of ${meant} columns right, ${wrong} of ${applied} applied wrong`;
  return { right: right / meant, wrong: wrong / applied, text };
}

/** Every key was written from the source's own documentation before the first mapping of it was tried. */
describe.each(['synthea', 'rif', 'febrl', 'omop'])('answer keys of %s', (source) => {
  const executed = present || source === 'omop' ? test : test.skip;

  executed('at least 90 % of the columns that the model has are right, and at most 1 % of what is applied is wrong', () => {
    const scores = keysOf(source).map((key) => scoreOf(key, corpus ?? ''));
    const { right, wrong, text } = reportOf(source, scores);
    const details = scores.flatMap(({ what, wrong: bad, missed }) => [
      ...bad.map((b) => `${what}: ${b}`),
      ...missed.map((m) => `${what}: missed ${m}`),
    ]);
    if (process.env['TEST_REPORT']) console.log([text, ...details].join('\n'));
    expect({ right, enough: right >= 0.9, details: right >= 0.9 ? [] : details }).toMatchObject({ enough: true });
    expect({ wrong, few: wrong <= 0.01, details: wrong <= 0.01 ? [] : details }).toMatchObject({ few: true });
  });
});

(present ? test : test.skip)('for at least 90 % of the files of Synthea the entity is chosen that their key names', () => {
  const meant = keysOf('synthea').filter(({ entity }) => entity !== null);
  const other = meant.filter((key) => scoreOf(key, corpus ?? '', null).entity !== key.entity).map(({ file }) => file);
  if (process.env['TEST_REPORT'])
    console.log(`entity of ${meant.length - other.length} of ${meant.length} files; another for ${other.join(', ')}`);
  expect({ other, few: other.length <= meant.length * 0.1 }).toMatchObject({ few: true });
});

(present ? test : test.skip)('the state code of a Medicare file, which is an SSA number, is never taken for a state', () => {
  for (const key of keysOf('rif')) expect(scoreOf(key, corpus ?? '').wrong.filter((wrong) => wrong.includes('STATE'))).toEqual([]);
});
