import { mbi } from './mbi.js';

const out = Buffer.alloc(128);

const read = (value: string, synthetic: 'refuse' | 'accept') => {
  const options = mbi.options.parse({ synthetic });
  const reading = mbi.reference(value, options);
  const stop = mbi.kernel(options)(Buffer.from(value), 0, value.length, out, 0);
  expect([value, stop < 0 ? { finding: mbi.findings[-1 - stop] } : { value: out.toString('utf8', 0, stop) }]).toEqual([value, reading]);
  return reading;
};

test('the invented people of CMS have an S at the second place, and count only where that was said', () => {
  expect(read('1S00EU7JH82', 'accept')).toEqual({ value: '1S00EU7JH82' });
  expect(read('1S00EU7JH82', 'refuse')).toEqual({ finding: 'mbi.invalid' });
  expect(read('1SS0EU7JH82', 'accept')).toEqual({ finding: 'mbi.invalid' });
});

test('each place takes the characters that CMS names for it, and no other', () => {
  const characters = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  const taken = [...'1EG4TE5MK73'].map((_, place) =>
    characters.filter((character) => 'value' in read([...'1EG4TE5MK73'].with(place, character).join(''), 'refuse')).join(''),
  );
  const letters = 'ACDEFGHJKMNPQRTUVWXY';
  const [digits, either] = ['0123456789', `0123456789${letters}`];
  expect(taken).toEqual(['123456789', letters, either, digits, letters, either, digits, letters, letters, digits, digits]);
});
