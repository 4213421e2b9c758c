import { BUILT_IN_FORMATS, formatOf, GENERAL, type NumberFormat } from './number-format.js';
import { corrupt, TOKEN, xmlName, type XmlTokens } from './xml-tokens.js';

/** Calls `onElement` for every element that begins. */
function elements(tokens: XmlTokens, onElement: () => void): void {
  for (let token = tokens.next(); token !== TOKEN.MORE; token = tokens.next()) if (token === TOKEN.START) onElement();
}

/** Sheets, relationships and styles at most; Excel itself stops at 65,490 styles. */
const MOST = 1 << 17;

/** Throws AppError `container.corrupt` when a list has become longer than any program makes it. */
function refuseMore(list: readonly unknown[]): void {
  if (list.length > MOST) throw corrupt('lists more than any workbook has');
}

function attributes(tokens: XmlTokens): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  while (tokens.nextAttribute()) found.set(tokens.attribute, tokens.value);
  return found;
}

const ID = xmlName('Id');
const LOWER_ID = xmlName('id');
const NAME = xmlName('name');
const STATE = xmlName('state');
const DATE_1904 = xmlName('date1904');

export interface Relationship {
  readonly id: string;
  /** Last segment of its type: `worksheet`, `styles`, `sharedStrings`, `officeDocument`; that of the strict form is the same. */
  readonly type: string;
  /** Name of the part in the package, without a slash before it. */
  readonly target: string;
}

/** The relationships of a part (ECMA-376 part 2, 9.3); those to somewhere outside of the package are left out. */
export class RelationshipsPart {
  readonly found: Relationship[] = [];
  readonly #folder: string;

  /** `source`: name of the part whose relationships they are; empty for the package itself. */
  constructor(source: string) {
    this.#folder = source.slice(0, source.lastIndexOf('/') + 1);
  }

  read(tokens: XmlTokens): void {
    elements(tokens, () => {
      if (tokens.name !== xmlName('Relationship')) return;
      const told = attributes(tokens);
      const target = told.get(xmlName('Target')) ?? '';
      if (told.get(xmlName('TargetMode')) === 'External') return;
      this.found.push({
        id: told.get(ID) ?? '',
        type: (told.get(xmlName('Type')) ?? '').split('/').at(-1)!,
        target: resolved(this.#folder, target),
      });
      refuseMore(this.found);
    });
  }
}

/** Where the relationships of a part lie. */
export function relationshipsOf(part: string): string {
  const slash = part.lastIndexOf('/') + 1;
  return `${part.slice(0, slash)}_rels/${part.slice(slash)}.rels`;
}

function resolved(folder: string, target: string): string {
  const path = target.startsWith('/') ? target : `${folder}${target}`;
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return segments.join('/');
}

export interface SheetEntry {
  readonly name: string;
  /** Id of the relationship that leads to the part. */
  readonly relationship: string;
  readonly hidden: boolean;
}

/** The part that names the sheets (ECMA-376 part 1, 18.2). */
export class WorkbookPart {
  readonly sheets: SheetEntry[] = [];
  date1904 = false;
  /** Local name of the root: `workbook`, or what another document has. */
  isWorkbook = false;

  read(tokens: XmlTokens): void {
    elements(tokens, () => {
      if (tokens.depth === 1) this.isWorkbook = tokens.name === xmlName('workbook');
      else if (tokens.name === xmlName('workbookPr') && tokens.depth === 2) {
        this.date1904 = /^(?:1|true|on)$/.test(attributes(tokens).get(DATE_1904) ?? '');
      } else if (tokens.name === xmlName('sheet') && tokens.depth === 3) {
        const told = attributes(tokens);
        this.sheets.push({
          name: told.get(NAME) ?? '',
          relationship: told.get(LOWER_ID) ?? '',
          hidden: (told.get(STATE) ?? 'visible') !== 'visible',
        });
        refuseMore(this.sheets);
      }
    });
  }
}

/** The part that says which number format a style has (ECMA-376 part 1, 18.8). */
export class StylesPart {
  /** By index of style. */
  readonly formats: NumberFormat[] = [];
  readonly #own = new Map<string, NumberFormat>();
  #inCells = false;

  read(tokens: XmlTokens): void {
    elements(tokens, () => {
      if (tokens.depth === 2) this.#inCells = tokens.name === xmlName('cellXfs');
      else if (tokens.depth === 3 && tokens.name === xmlName('numFmt')) {
        const told = attributes(tokens);
        this.#own.set(told.get(xmlName('numFmtId')) ?? '', formatOf(told.get(xmlName('formatCode')) ?? ''));
      } else if (tokens.depth === 3 && this.#inCells && tokens.name === xmlName('xf')) {
        const id = attributes(tokens).get(xmlName('numFmtId')) ?? '';
        this.formats.push(this.#own.get(id) ?? BUILT_IN_FORMATS.get(Number(id)) ?? GENERAL);
        refuseMore(this.formats);
      }
    });
  }
}
