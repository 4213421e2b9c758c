import fc from 'fast-check';
import { formatOf } from './number-format.js';
import { sheetText } from './read-part.fixture.js';

const code = (expected: string) => expect.objectContaining({ code: expected }) as unknown as Error;

test('every type of cell becomes the text that it shows or stands for', () => {
  const strings = ['<t>Ilka</t>', '<r><t>two </t></r><r><rPr><b/></rPr><t xml:space="preserve">runs </t></r><rPh sb="0"><t>hint</t></rPh>'];
  const formats = [undefined, formatOf('yyyy-mm-dd'), formatOf('00000')];
  const { text } = sheetText(
    `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="inlineStr"><is><t>in &amp; line</t></is></c></row>
     <row r="2"><c r="A2" t="str"><f>A1&amp;"x"</f><v>Ilkax</v></c><c r="B2" t="b"><v>1</v></c><c r="C2" t="b"><v>0</v></c></row>
     <row r="3"><c r="A3"><v>45.300000000000004</v></c><c r="B3" s="1"><v>45000</v></c><c r="C3" t="e"><v>#N/A</v></c></row>
     <row r="4"><c r="A4" s="2"><v>2134</v></c><c r="B4" t="d"><v>2024-03-09</v></c><c r="C4" t="n" s="99"><v> 7 </v></c></row>`,
    { strings, formats },
  );
  expect(text).toBe('Ilka,two runs ,in & line\nIlkax,true,false\n45.3,2023-03-15,#N/A\n02134,2024-03-09,7\n');
});

test('gaps of cells and rows stay gaps, so that line n is row n, and rows are as wide as the first one', () => {
  const cell = (place: string) => `<c r="${place}"><v>1</v></c>`;
  const { text, sheet } = sheetText(
    `<row r="2">${cell('B2')}${cell('D2')}</row><row r="3"/><row r="5">${cell('A5')}</row><row r="6"><c r="A6" s="1"/></row><row r="7">${cell('E7')}</row><row r="9"><c r="C9"/></row>`,
  );
  expect(text).toBe('\n,1,,1\n\n\n1,,,\n\n,,,,1\n');
  expect(sheet.text.rows).toBe(3);
});

test('rows and cells that say no place follow each other', () => {
  expect(sheetText('<row><c><v>1</v></c><c/><c><v>2</v></c></row><row><c r="B2"><v>3</v></c><c><v>4</v></c></row>').text).toBe(
    '1,,2\n,3,4\n',
  );
});

test('what a field of delimited text cannot hold as it is, is quoted', () => {
  const inline = (value: string) => `<c t="inlineStr"><is><t xml:space="preserve">${value}</t></is></c>`;
  expect(sheetText(`<row>${['a,b', 'say "x"', 'two\nlines', 'cr_x000D_', ' kept '].map(inline).join('')}</row>`).text).toBe(
    '"a,b","say ""x""","two\nlines","cr\r", kept \n',
  );
});

test('a formula without a stored result is empty, and told once for its column; an empty result is none', () => {
  const { text, sheet } = sheetText(
    '<row r="1"><c r="A1"><v>1</v></c><c r="B1" t="str"><f>""</f><v></v></c></row><row r="4"><c r="B4"><f>1+1</f></c></row><row r="5"><c r="B5"><f>1+1</f></c></row>',
  );
  expect(text).toBe('1\n');
  expect([...sheet.unsolved]).toEqual([[1, 4]]);
});

test('names are told without their prefixes, and nothing outside of the rows is a cell', () => {
  const prefixed = '<x:row r="1"><x:c r="A1" t="inlineStr"><x:is><x:t>yes</x:t></x:is></x:c></x:row>';
  expect(sheetText(prefixed).text).toBe('yes\n');
  expect(sheetText('<row><c><extLst><ext><v>9</v></ext></extLst><v>1</v></c><extLst><c><v>8</v></c></extLst></row>').text).toBe('1\n');
  expect(sheetText('</sheetData><other><row><c><v>9</v></c></row></other><sheetData>').text).toBe('');
});

test.each([
  ['a shared string that is not there', '<row><c t="s"><v>7</v></c></row>'],
  ['an index that is no number', '<row><c t="s"><v>-1</v></c></row>'],
  ['cells out of order', '<row><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>'],
  ['a cell twice', '<row><c r="A1"><v>1</v></c><c r="A1"><v>1</v></c></row>'],
  ['rows out of order', '<row r="2"/><row r="1"/>'],
  ['a row beyond the last one', '<row r="1048577"/>'],
  ['a column beyond the last one', '<row><c r="XFE1"><v>1</v></c></row>'],
  ['a column that is none', '<row><c r="1"><v>1</v></c></row>'],
  ['a document type', '<!DOCTYPE x [<!ENTITY e "x">]>'],
  ['an entity that is not there', '<row><c t="str"><v>&e;</v></c></row>'],
  ['a character that is none', '<row><c t="str"><v>&#xD800;</v></c></row>'],
  ['a tag in a tag', '<row <c/></row>'],
  ['an attribute without quotes', '<row><c r=A1><v>1</v></c></row>'],
  ['an end without a beginning', '</sheetData></worksheet></x>'],
])('%s is damage', (_what, rows) => {
  expect(() => sheetText(rows)).toThrow(code('container.corrupt'));
});

test('a sheet that is cut anywhere is damage', () => {
  const rows = '<row r="1"><c r="A1" t="str"><v>x</v></c></row>';
  for (const cut of ['<row', '<row r="1">', '<row r="1"><c r="A1"><v>1', '<!-- ', '<![CDATA[ ', rows.slice(0, -3)]) {
    const text = () => sheetText(`${cut}`).text;
    expect(() => text()).toThrow(code('container.corrupt'));
  }
});

test('the columns of a sheet are all of them and no more', () => {
  expect(sheetText('<row><c r="XFD1"><v>1</v></c></row>').text).toBe(`${','.repeat(16_383)}1\n`);
});

test('however the bytes are cut, the text is the same', () => {
  const strings = ['<t>Zoë &lt;x&gt;</t>', '<t><![CDATA[<a> & b]]></t>', '<t>_x0041_😀&#x1F600;</t>'];
  const rows = `<row r="1" spans="1:3"><c r="A1" t="s"><v>0</v></c><!-- a > b --><c r="B1" t="s"><v>1</v></c><c r="C1" s='1' t='s'><v>2</v></c></row>
    <?pi x?><row r="3"><c r="A3"><v>1.5E3</v></c><c r="C3" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c></row>`;
  const whole = sheetText(rows, { strings }).text;
  expect(whole).toBe('Zoë <x>,<a> & b,A😀😀\n\n1500,,ab\n');
  fc.assert(fc.property(fc.integer({ min: 1, max: 300 }), (bytes) => sheetText(rows, { strings, bytes }).text === whole));
});

test('text comes out while a sheet is read, however long it is', () => {
  const row = `<row>${'<c t="s"><v>0</v></c>'.repeat(20)}</row>`;
  const { text } = sheetText(row.repeat(500), { strings: [`<t>${'x'.repeat(1000)}</t>`] });
  expect(text.length).toBe(500 * (20 * 1000 + 20));
});
