import { composedOf } from './composition.js';
import { foldedText } from './fold-reference.js';
import { foldText } from './fold-text.js';

function folded(text: string): string {
  const value = Buffer.from(text);
  const out = Buffer.alloc(value.length);
  return out.toString('utf8', 0, foldText(value, 0, value.length, out, 0));
}

test('letter and mark are one letter exactly where Unicode composes the two', () => {
  const ranges = [
    [0x300, 0x36f],
    [0x653, 0x655],
    [0x3099, 0x309a],
  ];
  // Four marks are but other names of marks; Unicode replaces them, we leave them as received.
  const marks = ranges
    .flatMap(([first, last]) => Array.from({ length: last! - first! + 1 }, (_, i) => first! + i))
    .filter((mark) => String.fromCharCode(mark).normalize('NFC') === String.fromCharCode(mark));
  const differing: string[] = [];
  let composed = 0;
  for (let letter = 0x20; letter < 0x3100; letter++) {
    const text = String.fromCharCode(letter);
    if (text.normalize('NFC') !== text) continue;
    for (const mark of marks) {
      const together = (text + String.fromCharCode(mark)).normalize('NFC');
      const expected = together.length === 1 ? together.charCodeAt(0) : 0;
      if (composedOf(letter, mark) !== expected) differing.push(text + String.fromCharCode(mark));
      if (expected > 0) composed++;
    }
  }
  expect(differing).toEqual([]);
  expect(composed).toBeGreaterThan(900);
});

test('every syllable of Hangul is composed from its letters', () => {
  for (let code = 0xac00; code <= 0xd7a3; code += 7) {
    const syllable = String.fromCharCode(code);
    expect(folded(syllable.normalize('NFD'))).toBe(syllable);
  }
});

test('names of all marks come out composed, and a mark that no letter takes stays', () => {
  const names = ['Éric Łukasz', 'Nguyễn Thị Hằng', 'Ἀλέξανδρος', 'Йосип', 'がぎ', 'Åsa'];
  for (const name of names) expect([folded(name.normalize('NFD')), foldedText(name.normalize('NFD'))]).toEqual([name, name]);
  expect(folded('q\u0301x')).toBe('q\u0301x');
});

test.each([
  ['ＪＯＨＮ　ＤＯＥ', 'JOHN DOE'],
  ['１９８７－０３－０９', '1987-03-09'],
  ['\u202a617\u2013555\u20110142\u202c', '617-555-0142'],
  ['\u200fכהן\u200e', 'כהן'],
  ['O’Neil O‘Neil O´Neil O`Neil Oʼ\u00adNeil', "O'Neil O'Neil O'Neil O'Neil O'Neil"],
  ['\u2066 \u200b \u2069', ''],
  ['a \u200e b', 'a b'],
])('%j has the one form %j in kernel and reference', (received, form) => {
  expect([folded(received), foldedText(received)]).toEqual([form, form]);
});
