import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { factsOf } from './report.fixture.js';
import type { ReportFacts } from './report-facts.js';
import { STYLE } from './report-style.js';
import { reportHtml } from './report.js';
import { readStrictHtml, type Tag } from './strict-html.fixture.js';

const FACTS = factsOf({ fields: 6, rules: 12 });
const tags = readStrictHtml(reportHtml(FACTS));
const named = (name: string, among: readonly Tag[] = tags): Tag[] => among.filter((tag) => tag.name === name);
/** Everything that a reader reads, tags taken out. */
const wordsOf = (facts: ReportFacts): string =>
  readStrictHtml(reportHtml(facts))
    .filter(({ name }) => name !== 'style')
    .map(({ text }) => text)
    .join(' ')
    .replace(/\s+/g, ' ');

/** What the browser is told to build, without what it shows. */
const structureOf = (document: string): string[] =>
  readStrictHtml(document)
    .map(({ name, attributes }) => `${name} ${[...attributes].map(([key, value]) => `${key}=${value}`).join(' ')}`)
    .sort();

const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onload='x",
  '&lt;b&gt;',
  '<!--',
  ']]>',
  '</style><style>*{}',
  '\u202Egnp.exe',
  '\u2066',
  '\u0000',
  '\ud800',
  '`${7*7}`',
  '{{x}}',
  'javascript:alert(1)',
  '=1+1',
  '',
];

describe('the report', () => {
  test('no name out of a file becomes an element or an attribute, or turns the direction of the text', () => {
    const size = { fields: 3, rules: 5 };
    const plain = structureOf(reportHtml(factsOf(size)));
    const hostile = fc.array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary' })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(hostile, (pieces) => {
        const document = reportHtml(factsOf(size, (name) => pieces.join('') + name));
        expect(structureOf(document)).toEqual(plain);
        expect(document).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/);
        expect(Buffer.from(document, 'utf8').toString('utf8')).toBe(document);
      }),
      { numRuns: 40 },
    );
  });

  test('a name is shown as it is, and its invisible characters are told', () => {
    const words = wordsOf(factsOf({ fields: 1, rules: 1 }, (name) => `<b>"${name}"\u202E & 'é'`));
    expect(words).toContain(`<b>"field_0"[U+202E] & 'é'`);
  });

  test('it loads nothing and runs nothing', () => {
    const document = reportHtml(FACTS);
    expect(document).not.toMatch(/https?:|\/\/|@import|javascript|src=/);
    expect(tags.filter(({ name }) => /^(script|link|img|iframe|object|embed|form|base|use|image)$/.test(name))).toEqual([]);
    const attributes = tags.flatMap((tag) => [...tag.attributes]);
    expect(attributes.filter(([name]) => /^(on|style|xlink|data)/.test(name))).toEqual([]);
    for (const [name, value] of attributes) {
      if (name === 'href') expect(value).toMatch(/^#\w+$/);
      if (value.includes('url(')) expect(value).toMatch(/^url\(#[\w-]+\)$/);
    }
    expect(STYLE.text).not.toMatch(/url\(|expression|</);
  });

  test('it holds no value of a record, whatever else the facts hold', () => {
    const canary = 'Quentin-Marlowe-1987';
    const { quality, lineage } = FACTS;
    const facts: ReportFacts = {
      ...FACTS,
      quality: {
        ...quality,
        fields: quality.fields.map((field) => ({ ...field, mean: 424_242.42, min_length: 313_131, max_length: 313_131 })),
        rules: quality.rules.map((rule) => ({ ...rule, observed: canary })),
      },
      lineage: {
        ...lineage,
        fields: lineage.fields.map((field, i) => ({
          ...field,
          ...(i % 2 === 0 ? { constant: canary } : {}),
          expression: `'${canary}'`,
          join: canary,
          options: { map: canary },
        })),
      },
    };
    const document = reportHtml(facts);
    expect(document.includes(canary)).toBe(false);
    expect(/424.?242|313.?131/.test(document)).toBe(false);
  });

  test('the same facts give the same bytes, and 100 fields with 300 rules less than 500 KB', () => {
    const [one, other] = [1, 2].map(() => reportHtml(factsOf({ fields: 100, rules: 300 })));
    expect(one).toBe(other);
    expect(Buffer.byteLength(one!)).toBeLessThan(500_000);
    expect(gzipSync(one!).length).toBeLessThan(50_000);
    expect(Buffer.byteLength(reportHtml(factsOf({ fields: 3000, rules: 1000 }, (name) => name + 'x'.repeat(5000))))).toBeLessThan(
      4_000_000,
    );
  });

  test('records are accounted for, and what cannot be judged is said in words', () => {
    const words = wordsOf(FACTS);
    expect(words).toContain('100,000 records in = 97,000 out + 1,000 quarantined + 2,000 merged + 0 dropped');
    expect(words).toMatch(/accuracy .{0,80}not applicable There is no reference to compare the values with\./);
    expect(words).toMatch(/completeness .{0,90} 96\.90 470,000 of 485,000 ↓ down 0\.60, was 97\.50/);
    expect(words).toMatch(/consistency .{0,90} ↑ up 9\.94, was 90/);
    expect(wordsOf({ ...FACTS, quality: { ...FACTS.quality, previous: null, overall: null } })).toMatch(
      /No dimension could be judged.*no earlier job/,
    );
  });

  test('rules that failed come first, each with what it judged', () => {
    const words = wordsOf(FACTS);
    const outcomes = [...words.matchAll(/✗ failed|✓ passed|not applicable (?=[▲◆●■])/g)].map(([outcome]) => outcome.trim());
    expect(outcomes).toEqual([...outcomes].sort((a, b) => rank(a) - rank(b)));
    expect(outcomes).toHaveLength(12);
    expect(words).toMatch(/field_3\.rule_3 pattern|field_3\.rule_3 required/);
    expect(words).toMatch(/✗ failed ■ fatal 99\.97 28 97,000/);
  });

  test('findings are added up by code over all fields, rules among them', () => {
    const { findings, rules } = FACTS.quality;
    const total = findings!.reduce((sum, { count }) => sum + count, 0) + rules.reduce((sum, { failed }) => sum + failed, 0);
    expect(wordsOf(FACTS)).toContain(`${total.toLocaleString('en-US')} findings`);
  });

  test('screen readers get headings in order, tables with captions and scopes, and charts in words', () => {
    expect(named('h1')).toHaveLength(1);
    expect(named('h2').map(({ text }) => text)).toEqual(['Records', 'Scores', 'Findings', 'Quarantine', 'Rules', 'Fields', 'Lineage']);
    expect(named('caption')).toHaveLength(named('table').length);
    expect(named('th').filter(({ attributes }) => !/^(row|col)$/.test(attributes.get('scope') ?? ''))).toEqual([]);
    for (const { attributes } of named('svg'))
      expect([attributes.get('role'), attributes.get('aria-hidden')]).toContainEqual(attributes.has('role') ? 'img' : 'true');
    expect(named('title').length - 1).toBe(named('svg').filter(({ attributes }) => attributes.get('role') === 'img').length);
    const ids = tags.flatMap(({ attributes }) => attributes.get('id') ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    const meant = tags.flatMap(({ attributes }) => [
      ...(attributes.get('aria-labelledby')?.split(' ') ?? []),
      ...(attributes.get('href')?.slice(1) ? [attributes.get('href')!.slice(1)] : []),
    ]);
    expect(meant.filter((id) => !ids.includes(id))).toEqual([]);
    for (const { attributes } of named('div').filter(({ attributes: given }) => given.get('class') === 'scroll'))
      expect(attributes.get('tabindex')).toBe('0');
  });

  test.each(['light', 'dark'])('in the %s scheme text has a contrast of 4.5 and marks one of 3', (scheme) => {
    const colours = coloursOf(scheme === 'light' ? 0 : 1);
    const on = (text: string, ground: string): number => contrast(colours.get(text)!, colours.get(ground)!);
    for (const text of ['ink', 'quiet', 'link', 'good', 'bad', 'warn', 'info'])
      expect([text, on(text, 'page') >= 4.5]).toEqual([text, true]);
    for (const text of ['ink', 'quiet']) expect([text, on(text, 'panel') >= 4.5]).toEqual([text, true]);
    for (const ground of ['heat1', 'heat2']) expect([ground, on('ink', ground) >= 4.5]).toEqual([ground, true]);
    expect(contrast(scheme === 'light' ? '#000000' : '#ffffff', colours.get('heat3')!)).toBeGreaterThanOrEqual(4.5);
    expect(on('hot', 'heat4')).toBeGreaterThanOrEqual(4.5);
    for (const mark of ['out', 'quarantined', 'merged', 'dropped']) expect([mark, on(mark, 'page') >= 3]).toEqual([mark, true]);
    expect(on('mark', 'track')).toBeGreaterThanOrEqual(3);
    expect(on('out', 'track')).toBeGreaterThanOrEqual(3);
  });
});

const rank = (outcome: string): number => ['✗ failed', '✓ passed', 'not applicable'].indexOf(outcome);

function coloursOf(scheme: number): ReadonlyMap<string, string> {
  const block = [...STYLE.text.matchAll(/:root\{([^}]*)\}/g)][scheme]![1]!;
  return new Map(
    [...block.matchAll(/--(\w+):(#[0-9a-f]+)/g)].map(([, key, colour]) => [
      key!,
      colour!.length === 4 ? colour!.replace(/[0-9a-f]/g, '$&$&') : colour!,
    ]),
  );
}

/** WCAG 2.2, definition of contrast ratio. */
function contrast(one: string, other: string): number {
  const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
