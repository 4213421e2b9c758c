import { mrn } from './mrn.js';

const read = (value: string, options: object): string | undefined => {
  const parsed = mrn.options.parse(options);
  const out = Buffer.alloc(256);
  const bytes = Buffer.from(value);
  const stop = mrn.kernel(parsed)(bytes, 0, bytes.length, out, 0);
  const reading = mrn.reference(value, parsed);
  const told = stop < 0 ? undefined : out.toString('utf8', 0, stop);
  expect('value' in reading ? reading.value : undefined).toBe(told);
  return told;
};

test.each([
  [{}, '00h-0012.34', '00h-0012.34'],
  [{ zeros: 'drop' }, '00h-0012.34', 'h-0012.34'],
  [{ letters: 'upper' }, '00h-0012.34', '00H-0012.34'],
  [{ separators: 'drop' }, '00h-0012.34', '00h001234'],
  [{ zeros: 'drop', letters: 'upper', separators: 'drop' }, '00-00h 12', 'H12'],
  [{ zeros: 'drop' }, '000-12', '0-12'],
  [{ zeros: 'drop', separators: 'drop' }, '000-12', '12'],
  [{ zeros: 'drop' }, '00A', undefined],
  [{ separators: 'drop' }, '1-11-111', undefined],
])('under the policy %j the number %j is %j', (options, value, canonical) => {
  expect(read(value, options)).toBe(canonical);
});

test('nothing of a number is lost unless the policy says so', () => {
  expect(new Set(['0123', '123', '12-3', 'a123', 'A123'].map((value) => read(value, {}))).size).toBe(5);
});
