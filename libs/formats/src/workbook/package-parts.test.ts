import { GENERAL } from './number-format.js';
import { RelationshipsPart, relationshipsOf, StylesPart, WorkbookPart } from './package-parts.js';
import { readPart } from './read-part.fixture.js';

test('relationships lead from their part to others, in the strict form too, and never outside', () => {
  const one = (id: string, type: string, target: string, more = '') =>
    `<Relationship Id="${id}" Type="${type}" Target="${target}"${more}/>`;
  const xml = `<Relationships>${[
    one('a', 'http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet', 'worksheets/sheet1.xml'),
    one('b', 'http://purl.oclc.org/ooxml/officeDocument/relationships/styles', '/xl/styles.xml'),
    one('c', 'x/sharedStrings', '../xl/./sharedStrings.xml'),
    one('d', 'x/worksheet', 'https://example.org/x', ' TargetMode="External"'),
    one('e', 'x/worksheet', '../../../../etc/passwd'),
  ].join('')}</Relationships>`;
  expect(readPart(new RelationshipsPart('xl/workbook.xml'), xml).found).toEqual([
    { id: 'a', type: 'worksheet', target: 'xl/worksheets/sheet1.xml' },
    { id: 'b', type: 'styles', target: 'xl/styles.xml' },
    { id: 'c', type: 'sharedStrings', target: 'xl/sharedStrings.xml' },
    { id: 'e', type: 'worksheet', target: 'etc/passwd' },
  ]);
  expect(relationshipsOf('xl/workbook.xml')).toBe('xl/_rels/workbook.xml.rels');
  expect(relationshipsOf('')).toBe('_rels/.rels');
});

test('a workbook names its sheets in order, hidden ones too, and says where its days begin', () => {
  const xml = `<x:workbook xmlns:x="m" xmlns:r="r"><x:workbookPr date1904="true"/><x:sheets>
    <x:sheet name="A &amp; B" sheetId="4" r:id="rId9"/><x:sheet name="H" sheetId="2" state="veryHidden" r:id="rId2"/></x:sheets></x:workbook>`;
  const book = readPart(new WorkbookPart(), xml, 7);
  expect([book.isWorkbook, book.date1904]).toEqual([true, true]);
  expect(book.sheets).toEqual([
    { name: 'A & B', relationship: 'rId9', hidden: false },
    { name: 'H', relationship: 'rId2', hidden: true },
  ]);
  expect(readPart(new WorkbookPart(), '<document/>').isWorkbook).toBe(false);
});

test('styles tell their formats, own ones before those that every program knows', () => {
  const xml = `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy"/><numFmt numFmtId="22" formatCode="0.0"/></numFmts>
    <cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="164"><alignment/></xf><xf numFmtId="14"/><xf numFmtId="22"/><xf/></cellXfs>
    <dxfs><dxf><numFmt numFmtId="170" formatCode="d"/></dxf></dxfs></styleSheet>`;
  const date = { ...GENERAL, date: true };
  expect(readPart(new StylesPart(), xml).formats).toEqual([GENERAL, date, date, GENERAL, GENERAL]);
});
