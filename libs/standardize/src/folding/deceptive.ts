/**
 * Code points beyond ASCII that have no place in an identifier or address, because people cannot see them or take them for
 * something else: controls, blanks, soft hyphen, punctuation, symbols and formatting (U+2000-U+2BFF), ideographic punctuation,
 * private use, presentation and full-width forms, tags and the private planes. Letters and digits of all scripts remain.
 */
export function isDeceptive(code: number): boolean {
  if (code < 0x2000) return (code >= 0x80 && code <= 0xa0) || code === 0xad || code === 0x1680 || code === 0x180e;
  if (code < 0xe000) return code <= 0x2bff || (code >= 0x3000 && code <= 0x303f);
  if (code < 0x10000) return code <= 0xf8ff || code >= 0xfe00;
  return code >= 0xe0000;
}

/** The same set for references. */
export const DECEPTIVE = /[\u0080-\u00a0\u00ad\u1680\u180e\u2000-\u2bff\u3000-\u303f\ue000-\uf8ff]|[\ufe00-\uffff]|[\u{e0000}-\u{10ffff}]/u;
