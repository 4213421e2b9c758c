import type { Operation } from '../typed/typed.js';
import type { ByteOperation, ByteParts, Compiled, Step } from './byte-operation.js';
import { afterCharacters, beforeCharacters, characters, spaceLength, TO_CAPITAL, TO_SMALL, writeLetters } from './characters.js';
import { NOTHING, type Frame } from './frame.js';
import { TextSearch } from './text-search.js';

/** Null for null; else what `work` makes of the text of the first argument. */
const ofText =
  (work: (frame: Frame, place: number, buf: Uint8Array, start: number, end: number) => void) =>
  ({ frame, place, args: [text] }: ByteParts): Step => {
    const from = text!.place;
    return () => {
      text!.step();
      if (frame.hasText(from)) work(frame, place, frame.buf[from]!, frame.start[from]!, frame.end[from]!);
      else frame.noText(place);
    };
  };

const letters = (table: Uint16Array): ByteOperation =>
  ofText((frame, place, buf, start, end) => {
    frame.reserve(end - start);
    const from = frame.used;
    writeLetters(table, buf, start, end, frame.arena, from);
    frame.used += end - start;
    frame.made(place, from);
  });

const trim = ofText((frame, place, buf, start, end) => {
  let from = start;
  while (from < end) {
    const length = spaceLength(buf, from, end);
    if (length === 0) break;
    from += length;
  }
  let to = end;
  while (to > from) {
    let last = to - 1;
    while (last > from && (buf[last]! & 0xc0) === 0x80) last--;
    if (spaceLength(buf, last, to) !== to - last) break;
    to = last;
  }
  frame.point(place, buf, from, to);
});

const digits = ofText((frame, place, buf, start, end) => {
  frame.reserve(end - start);
  const from = frame.used;
  let to = from;
  for (let i = start; i < end; i++) if (buf[i]! >= 0x30 && buf[i]! <= 0x39) frame.arena[to++] = buf[i]!;
  frame.used = to;
  frame.made(place, from);
});

const numberOf = (part: Compiled | undefined, otherwise: number): number =>
  part?.typed.kind === 'literal' ? Number(part.typed.value) : otherwise;

const bytesOf = (part: Compiled | undefined): Uint8Array =>
  new TextEncoder().encode(part?.typed.kind === 'literal' && typeof part.typed.value === 'string' ? part.typed.value : '');

const substring: ByteOperation = (parts) => {
  const position = numberOf(parts.args[1], 1);
  const length = numberOf(parts.args[2], -1);
  return ofText((frame, place, buf, start, end) => {
    const from = position > 0 ? afterCharacters(buf, start, end, position - 1) : beforeCharacters(buf, start, end, -position);
    frame.point(place, buf, from, length < 0 ? end : afterCharacters(buf, from, end, length));
  })(parts);
};

const splitPart: ByteOperation = (parts) => {
  const separator = bytesOf(parts.args[1]);
  const size = separator.length;
  const wanted = numberOf(parts.args[2], 1);
  const search = new TextSearch();
  search.prepare(separator, 0, size);
  return ofText((frame, place, buf, start, end) => {
    let pieces = 1;
    if (wanted < 0)
      for (let at = search.next(buf, start, end, separator, 0, size); at >= 0; at = search.next(buf, at + size, end, separator, 0, size))
        pieces++;
    let before = wanted > 0 ? wanted - 1 : pieces + wanted;
    if (before < 0) return frame.noText(place);
    for (let from = start; ;) {
      const to = search.next(buf, from, end, separator, 0, size);
      if (before-- === 0) return frame.point(place, buf, from, to < 0 ? end : to);
      if (to < 0) return frame.noText(place);
      from = to + size;
    }
  })(parts);
};

const replace: ByteOperation = (parts) => {
  const wanted = bytesOf(parts.args[1]);
  const by = bytesOf(parts.args[2]);
  const size = wanted.length;
  const search = new TextSearch();
  search.prepare(wanted, 0, size);
  return ofText((frame, place, buf, start, end) => {
    let count = 0;
    const first = search.next(buf, start, end, wanted, 0, size);
    for (let at = first; at >= 0; at = search.next(buf, at + size, end, wanted, 0, size)) count++;
    if (count === 0) return frame.point(place, buf, start, end);
    frame.reserve(end - start + count * (by.length - size));
    const made = frame.used;
    let from = start;
    for (let at = first; at >= 0; at = search.next(buf, from, end, wanted, 0, size)) {
      frame.append(buf, from, at);
      frame.append(by, 0, by.length);
      from = at + size;
    }
    frame.append(buf, from, end);
    return frame.made(place, made);
  })(parts);
};

const padded =
  (left: boolean): ByteOperation =>
  (parts) => {
    const length = numberOf(parts.args[1], 1);
    const fill = bytesOf(parts.args[2]);
    return ofText((frame, place, buf, start, end) => {
      const missing = length - characters(buf, start, end);
      if (missing <= 0) return frame.point(place, buf, start, end);
      frame.reserve(end - start + missing * fill.length);
      const from = frame.used;
      if (!left) frame.append(buf, start, end);
      for (let i = 0; i < missing; i++) frame.append(fill, 0, fill.length);
      if (left) frame.append(buf, start, end);
      return frame.made(place, from);
    })(parts);
  };

/** The texts of the arguments that are not null, the separator between them. */
function strung({ frame, place }: ByteParts, texts: readonly Compiled[], separator: Uint8Array): Step {
  return () => {
    let size = 0;
    for (let i = 0; i < texts.length; i++) {
      texts[i]!.step();
      size += frame.end[texts[i]!.place]! - frame.start[texts[i]!.place]! + separator.length;
    }
    frame.reserve(size);
    const from = frame.used;
    for (let i = 0; i < texts.length; i++) {
      if (!frame.hasText(texts[i]!.place)) continue;
      if (frame.used > from) frame.append(separator, 0, separator.length);
      frame.appendText(texts[i]!.place);
    }
    frame.made(place, from);
  };
}

/** Whether the second text is in the first; null where one of them is. */
const inside =
  (holds: (frame: Frame, text: number, part: number) => boolean): ByteOperation =>
  ({ frame, place, args: [text, part] }) => {
    const first = text!.place;
    const second = part!.place;
    return () => {
      text!.step();
      part!.step();
      frame.numbers[place] = frame.hasText(first) && frame.hasText(second) ? (holds(frame, first, second) ? 1 : 0) : NOTHING;
    };
  };

/** Whether the text from `from` on begins with the other. */
function isAt({ buf, start, end }: Frame, text: number, from: number, part: number): boolean {
  const size = end[part]! - start[part]!;
  if (from < start[text]! || from + size > end[text]!) return false;
  for (let i = 0; i < size; i++) if (buf[text]![from + i] !== buf[part]![start[part]! + i]) return false;
  return true;
}

const containing: ByteOperation = (parts) => {
  const search = new TextSearch();
  return inside(
    ({ buf, start, end }, text, part) => search.find(buf[text]!, start[text]!, end[text]!, buf[part]!, start[part]!, end[part]!) >= 0,
  )(parts);
};

const NO_SEPARATOR = new Uint8Array(0);

export const TEXT_OPERATIONS = {
  concat: (parts) => strung(parts, parts.args, NO_SEPARATOR),
  join: (parts) => strung(parts, parts.args.slice(1), bytesOf(parts.args[0])),
  upper: letters(TO_CAPITAL),
  lower: letters(TO_SMALL),
  trim,
  substring,
  split_part: splitPart,
  replace,
  pad_left: padded(true),
  pad_right: padded(false),
  digits,
  starts_with: inside((frame, text, part) => isAt(frame, text, frame.start[text]!, part)),
  ends_with: inside((frame, text, part) => isAt(frame, text, frame.end[text]! - (frame.end[part]! - frame.start[part]!), part)),
  contains: containing,
} as const satisfies Partial<Record<Operation, ByteOperation>>;
