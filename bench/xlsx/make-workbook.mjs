// Writes a workbook of members: 20 columns, text as shared strings as Excel stores it, dates and amounts as numbers with styles.
import fs from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import yazl from 'yazl';

const NAMES = ['Brockmann', 'Fenwick', 'Castellan', 'Dreyer', 'Hollister', 'Iversen', 'Lovell', 'Okafor', 'Núñez', 'Müller & Söhne'];
const FIRST = ['Ilka', 'Dorian', 'Edda', 'Gesa', 'Zoë', 'Hanno', 'Falk', 'Bea', 'Inés', 'Anna'];
const COLUMNS = [
  ['member_id', 's', (row) => `M${String(row).padStart(8, '0')}`],
  ['first_name', 's', (row) => FIRST[row % 10]],
  ['last_name', 's', (row) => NAMES[(row * 7) % 10]],
  ['dob', 'd', (row) => 20000 + (row % 20000)],
  ['sex', 's', (row) => (row % 2 === 0 ? 'F' : 'M')],
  ['ssn', 's', (row) => `9${String(row).padStart(8, '0')}`],
  ['email', 's', (row) => `member.${row}@example.org`],
  ['phone', 's', (row) => `+1555${String(row % 10_000_000).padStart(7, '0')}`],
  ['street', 's', (row) => `${row} Harbor Street, Apt ${row % 30}`],
  ['city', 's', (row) => `Town ${row % 500}`],
  ['state', 's', (row) => ['MA', 'NY', 'CA', 'TX'][row % 4]],
  ['zip', 's', (row) => String(10000 + (row % 500))],
  ['plan', 's', (row) => `Plan ${row % 7}`],
  ['group_number', 's', (row) => `G-${row % 60_000}`],
  ['effective_date', 'd', (row) => 44000 + (row % 1000)],
  ['premium', 'n', (row) => (row % 90_000) / 100],
  ['deductible', 'n', (row) => (row % 50) * 100],
  ['balance', 'n', (row) => Number(((row * 37.77) % 9999).toFixed(2))],
  ['claims', 'n', (row) => row % 40],
  ['note', 's', (row) => `Seen ${row % 1000} times, "regular" visit ${row}`],
];

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const letter = (column) => String.fromCharCode(65 + column);
const PIECE = 1 << 16;

/** One string for every 64 KiB of text, so that the stream has few pieces. */
function* pieces(lines) {
  let held = '';
  for (const line of lines) {
    held += line;
    if (held.length < PIECE) continue;
    yield Buffer.from(held);
    held = '';
  }
  yield Buffer.from(held);
}

/** Makes it in memory-flat streams; answers how many different strings it holds. */
export async function makeWorkbook(path, rows) {
  const strings = new Map();
  const index = (text) => {
    const known = strings.get(text);
    if (known !== undefined) return known;
    strings.set(text, strings.size);
    return strings.size - 1;
  };
  let references = 0;
  const cell = (column, row, kind, value) => {
    const place = `${letter(column)}${row}`;
    if (kind === 's') {
      references++;
      return `<c r="${place}" t="s"><v>${index(value)}</v></c>`;
    }
    return kind === 'd' ? `<c r="${place}" s="1"><v>${value}</v></c>` : `<c r="${place}"><v>${value}</v></c>`;
  };
  function* sheet() {
    yield `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`;
    yield `<row r="1">${COLUMNS.map(([name], column) => cell(column, 1, 's', name)).join('')}</row>`;
    for (let row = 2; row <= rows + 1; row++) {
      yield `<row r="${row}">${COLUMNS.map(([, kind, value], column) => cell(column, row, kind, value(row))).join('')}</row>`;
    }
    yield '</sheetData></worksheet>';
  }
  function* shared() {
    yield `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="${references}" uniqueCount="${strings.size}">`;
    for (const text of strings.keys()) yield `<si><t>${escaped(text)}</t></si>`;
    yield '</sst>';
  }
  const zip = new yazl.ZipFile();
  const part = (name, text) => zip.addBuffer(Buffer.from(text), name);
  const types = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
  const relation = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  const relations = (list) =>
    `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${list
      .map(([id, type, target]) => `<Relationship Id="${id}" Type="${relation}/${type}" Target="${target}"/>`)
      .join('')}</Relationships>`;
  part(
    '[Content_Types].xml',
    `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${types}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${types}.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="${types}.styles+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="${types}.sharedStrings+xml"/></Types>`,
  );
  part('_rels/.rels', relations([['rId1', 'officeDocument', 'xl/workbook.xml']]));
  part(
    'xl/workbook.xml',
    `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="${relation}"><sheets><sheet name="Members" sheetId="1" r:id="rId1"/></sheets></workbook>`,
  );
  part(
    'xl/_rels/workbook.xml.rels',
    relations([
      ['rId1', 'worksheet', 'worksheets/sheet1.xml'],
      ['rId2', 'styles', 'styles.xml'],
      ['rId3', 'sharedStrings', 'sharedStrings.xml'],
    ]),
  );
  part(
    'xl/styles.xml',
    '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
  );
  // As Excel does, the strings lie in front of the sheet; yazl asks for a stream only when it is its turn, so the sheet is made once before.
  for (const text of sheet()) if (text === '') break;
  references = 0;
  const strings1 = [...pieces(shared())];
  zip.addReadStreamLazy('xl/sharedStrings.xml', (done) => done(null, Readable.from(strings1)));
  zip.addReadStreamLazy('xl/worksheets/sheet1.xml', (done) => done(null, Readable.from(pieces(sheet()))));
  zip.end();
  await pipeline(zip.outputStream, fs.createWriteStream(path));
  return { strings: strings.size, bytes: fs.statSync(path).size };
}
