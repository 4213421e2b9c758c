/** An element as it was opened. */
export interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** Text between this tag and the next one, with its references resolved. */
  text: string;
}

const VOID = new Set(['meta', 'br']);
const REFERENCES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const TOKEN = /<!doctype html>|<(\/?)([a-z][a-z0-9]*)((?: [a-zA-Z][a-zA-Z-]*="[^"<>]*")*)(\/?)>|([^<>]+)/gy;
const ATTRIBUTE = / ([a-zA-Z][a-zA-Z-]*)="([^"<>]*)"/g;

/**
 * Reads a document by a grammar that is a small part of that of HTML, so that any other reader sees the same: lower-case tags, attributes in double
 * quotes, every element closed, no comments, and references of five kinds only. Throws at the first thing that is anything else.
 */
export function readStrictHtml(document: string): readonly Tag[] {
  const tags: Tag[] = [];
  const open: string[] = [];
  let at = 0;
  TOKEN.lastIndex = 0;
  for (let token = TOKEN.exec(document); token; token = TOKEN.exec(document)) {
    at = TOKEN.lastIndex;
    const [, closing, name, attributes, alone, text] = token;
    if (text !== undefined) append(tags, open, text);
    else if (name !== undefined && closing === '/') {
      if (open.pop() !== name) throw new Error(`</${name}> closes another element`);
    } else if (name !== undefined) {
      tags.push({ name, attributes: readAttributes(attributes!), text: '' });
      if (alone !== '/' && !VOID.has(name)) open.push(name);
    }
  }
  if (at !== document.length) throw new Error(`no strict HTML: ${JSON.stringify(document.slice(at, at + 60))}`);
  if (open.length > 0) throw new Error(`left open: ${open.join(', ')}`);
  return tags;
}

function append(tags: readonly Tag[], open: readonly string[], text: string): void {
  const last = tags.at(-1);
  if (last === undefined || open.length === 0) {
    if (text.trim() !== '') throw new Error('text outside of the document');
    return;
  }
  last.text += open.at(-1) === 'style' ? text : resolved(text);
}

function readAttributes(text: string): Tag['attributes'] {
  const attributes = new Map<string, string>();
  for (const [, name, value] of text.matchAll(ATTRIBUTE)) {
    if (attributes.has(name!)) throw new Error(`the attribute ${name} twice`);
    attributes.set(name!, resolved(value!));
  }
  return attributes;
}

function resolved(text: string): string {
  return text.replace(/&(?:([a-z#0-9]+);)?/g, (reference, name?: string) => {
    const character = name === undefined ? undefined : REFERENCES[name];
    if (character === undefined) throw new Error(`no known reference: ${reference}`);
    return character;
  });
}
