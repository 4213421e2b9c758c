const INVISIBLE = /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069]/g;
const HYPHENS = /[\u2010-\u2013\u2212\ufe63]/g;
const APOSTROPHES = /[`\u00b4\u02bc\u2018\u2019\u201b\u2032]/g;
const MARK = /^[\u0300-\u036f\u0653-\u0655\u3099\u309a\u1161-\u1175\u11a8-\u11c2]$/;
const COMPOSABLE = /^[\u0000-\u30ff\uac00-\ud7a3]$/;

/** The same as `foldText`, on strings: for references, not for kernels. */
export function foldedText(text: string): string {
  const plain = text
    .replace(INVISIBLE, '')
    .replace(/[\uff01-\uff5e]/g, (form) => String.fromCharCode(form.charCodeAt(0) - 0xfee0))
    .replace(HYPHENS, '-')
    .replace(APOSTROPHES, "'");
  return composedText(plain).replace(/\s+/g, ' ').trim();
}

function composedText(text: string): string {
  const letters: string[] = [];
  for (const letter of text) {
    const last = letters.at(-1) ?? '';
    const together = (last + letter).normalize('NFC');
    const stable = last.normalize('NFC') === last && letter.normalize('NFC') === letter;
    const composes = stable && MARK.test(letter) && COMPOSABLE.test(last) && together.length === 1;
    if (composes) letters[letters.length - 1] = together;
    else letters.push(letter);
  }
  return letters.join('');
}
