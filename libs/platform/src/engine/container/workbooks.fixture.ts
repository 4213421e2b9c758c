import { zipOf, type ZipFileOptions } from './containers.fixture.js';

/** What a test wants in a workbook; parts that are not given are those of a plain one. */
export interface WorkbookParts {
  /** Rows by name of sheet, as XML; a name that begins with `-` is that of a hidden sheet, without it. */
  readonly sheets: Readonly<Record<string, string>>;
  /** Content of each shared string. */
  readonly strings?: readonly string[];
  /** Number formats of the styles 1, 2 and so on; style 0 is General. */
  readonly formats?: readonly (string | number)[];
  readonly date1904?: boolean;
  /** Parts that are added, or stand instead of those that would be there; undefined leaves one out. */
  readonly parts?: Readonly<Record<string, string | Buffer | undefined>>;
  /** What of a part is said in the directory of the zip, lies included. */
  readonly lies?: Readonly<Record<string, Partial<ZipFileOptions>>>;
}

const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

/** The bytes of a workbook as programs write it, except where the parts say something else. */
export function workbookOf({ sheets, strings = [], formats = [], date1904 = false, parts = {}, lies = {} }: WorkbookParts): Buffer {
  const names = Object.keys(sheets);
  const known: Record<string, string | Buffer | undefined> = {
    '[Content_Types].xml': `${HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${contentTypes(names)}</Types>`,
    '_rels/.rels': relationships([['rId1', 'officeDocument', 'xl/workbook.xml']]),
    'xl/workbook.xml': `${HEAD}<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}"><workbookPr${date1904 ? ' date1904="1"' : ''}/><sheets>${names.map(sheetEntry).join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': relationships([
      ...names.map((_, i) => [`rId${i + 1}`, 'worksheet', `worksheets/sheet${i + 1}.xml`] as const),
      ['rIdS', 'styles', 'styles.xml'],
      ['rIdT', 'sharedStrings', 'sharedStrings.xml'],
    ]),
    'xl/styles.xml': styles(formats),
    'xl/sharedStrings.xml': `${HEAD}<sst xmlns="${MAIN}" count="${strings.length}" uniqueCount="${strings.length}">${strings.map((one) => `<si>${one}</si>`).join('')}</sst>`,
    ...Object.fromEntries(
      Object.values(sheets).map((rows, i) => [
        `xl/worksheets/sheet${i + 1}.xml`,
        `${HEAD}<worksheet xmlns="${MAIN}"><sheetData>${rows}</sheetData></worksheet>`,
      ]),
    ),
    ...parts,
  };
  return zipOf(
    Object.entries(known).flatMap(([name, content]) =>
      content === undefined ? [] : [{ name, bytes: Buffer.from(content), ...lies[name] }],
    ),
  );
}

const sheetEntry = (name: string, i: number): string => {
  const isHidden = name.startsWith('-');
  return `<sheet name="${isHidden ? name.slice(1) : name}" sheetId="${i + 1}"${isHidden ? ' state="hidden"' : ''} r:id="rId${i + 1}"/>`;
};

function contentTypes(names: readonly string[]): string {
  const type = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
  const of = (part: string, kind: string): string => `<Override PartName="/xl/${part}.xml" ContentType="${type}.${kind}+xml"/>`;
  const sheets = names.map((_, i) => of(`worksheets/sheet${i + 1}`, 'worksheet'));
  return [of('workbook', 'sheet.main'), ...sheets, of('styles', 'styles'), of('sharedStrings', 'sharedStrings')].join('');
}

export const relationships = (list: readonly (readonly [id: string, type: string, target: string])[]): string =>
  `${HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${list
    .map(([id, type, target]) => `<Relationship Id="${id}" Type="${RELATIONS}/${type}" Target="${target}"/>`)
    .join('')}</Relationships>`;

function styles(formats: readonly (string | number)[]): string {
  const own = formats.map((format, i) =>
    typeof format === 'string' ? `<numFmt numFmtId="${164 + i}" formatCode="${escaped(format)}"/>` : '',
  );
  const cells = ['<xf numFmtId="0"/>', ...formats.map((format, i) => `<xf numFmtId="${typeof format === 'string' ? 164 + i : format}"/>`)];
  return `${HEAD}<styleSheet xmlns="${MAIN}"><numFmts>${own.join('')}</numFmts><cellXfs>${cells.join('')}</cellXfs></styleSheet>`;
}

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll('\r', '&#13;');

/** Rows of texts, as inline strings; an empty one is no cell. */
export const rowsOfTexts = (rows: readonly (readonly string[])[]): string =>
  rows
    .map(
      (row, i) =>
        `<row r="${i + 1}">${row
          .map((value, column) =>
            value === ''
              ? ''
              : `<c r="${columnName(column)}${i + 1}" t="inlineStr"><is><t xml:space="preserve">${escaped(value)}</t></is></c>`,
          )
          .join('')}</row>`,
    )
    .join('');

/** `A` to `Z`, `AA` and so on. */
export const columnName = (column: number): string =>
  (column >= 26 ? columnName(Math.floor(column / 26) - 1) : '') + String.fromCharCode(65 + (column % 26));
