import type { Kernel } from '@attune/core';
import { COLON, COMMA, DOT, MINUS, NINE, PLUS, SPACE, ZERO, copyBytes, digitsEnd, isDigit, lower, numberOf } from '../ascii/bytes.js';
import { DateReader } from '../date/date-kernel.js';
import type { TimestampOptions } from '../date/date-options.js';
import { timeEnd } from '../date/time-of-day.js';

const INVALID = -1;
const LETTER_P = 0x70;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;

export const timestampKernel = (options: TimestampOptions): Kernel => {
  const reader = new DateReader(options);
  const keepsIncomplete = options.incomplete === 'kept';
  return (buf, start, end, out, at) => {
    const digits = digitsEnd(buf, start, end) - start;
    if (digits === 12 || digits === 14) return writeCompact(reader, buf, start, start + digits, end, out, at);
    if (reader.readIncomplete(buf, start, end)) return keepsIncomplete ? reader.writeIncomplete(out, at) : INVALID;
    const dateEnd = reader.readDate(buf, start, end);
    if (dateEnd < 0 || (dateEnd < end && timeEnd(buf, dateEnd, end) !== end)) return INVALID;
    const judged = reader.judge();
    if (judged < 0) return judged;
    const stop = reader.write(out, at);
    return dateEnd === end ? stop : writeTime(buf, dateEnd, end, out, stop);
  };
};

/** `198703091205[59[.123]][-0500]`, as HL7 v2 writes it (DTM); the digits end at `digitEnd`. */
function writeCompact(
  reader: DateReader,
  buf: Uint8Array,
  start: number,
  digitEnd: number,
  end: number,
  out: Uint8Array,
  at: number,
): number {
  const clock = start + 8;
  reader.readDate(buf, start, clock);
  const hasSeconds = digitEnd - start === 14;
  if (numberOf(buf, clock, clock + 2) > 23 || numberOf(buf, clock + 2, clock + 4) > 59) return INVALID;
  if (hasSeconds && numberOf(buf, clock + 4, digitEnd) > 59) return INVALID;
  const fractionEnd = hasSeconds && digitEnd < end && buf[digitEnd] === DOT ? digitsEnd(buf, digitEnd + 1, end) : digitEnd;
  if (fractionEnd === digitEnd + 1 || fractionEnd - digitEnd > 10 || !isOffset(buf, fractionEnd, end)) return INVALID;
  const judged = reader.judge();
  if (judged < 0) return judged;
  let stop = reader.write(out, at);
  out[stop++] = LETTER_T;
  stop = copyBytes(buf, clock, clock + 2, out, stop);
  for (let i = clock + 2; i < digitEnd; i += 2) {
    out[stop++] = COLON;
    stop = copyBytes(buf, i, i + 2, out, stop);
  }
  stop = copyBytes(buf, digitEnd, fractionEnd, out, stop);
  return writeZone(buf, fractionEnd, end, out, stop);
}

/** Whether nothing or `+0200` or `Z` stands in [i, end). */
function isOffset(buf: Uint8Array, i: number, end: number): boolean {
  if (i === end) return true;
  if (end - i === 1) return buf[i] === LETTER_Z;
  if ((buf[i] !== PLUS && buf[i] !== MINUS) || end - i !== 5 || digitsEnd(buf, i + 1, end) !== end) return false;
  return numberOf(buf, i + 1, i + 3) <= 23 && numberOf(buf, i + 3, end) <= 59;
}

/** Writes the time of [i, end), which has been checked, as `Thh:mm[:ss[.fraction]][offset]`. */
function writeTime(buf: Uint8Array, i: number, end: number, out: Uint8Array, at: number): number {
  while (buf[i]! < ZERO || buf[i]! > NINE) i++;
  const hourEnd = digitsEnd(buf, i, end);
  let clockEnd = hourEnd;
  while (clockEnd < end && (isDigit(buf[clockEnd]!) || buf[clockEnd] === COLON || buf[clockEnd] === DOT || buf[clockEnd] === COMMA))
    clockEnd++;
  let zone = clockEnd < end && buf[clockEnd] === SPACE ? clockEnd + 1 : clockEnd;
  const hour = hourOfDay(numberOf(buf, i, hourEnd), zone < end ? lower(buf[zone]!) : 0);
  if (zone < end && isHalfOfDay(lower(buf[zone]!))) zone += 2;
  out[at++] = LETTER_T;
  out[at++] = ZERO + Math.trunc(hour / 10);
  out[at++] = ZERO + (hour % 10);
  for (i = hourEnd; i < clockEnd; i++) out[at++] = buf[i] === COMMA ? DOT : buf[i]!;
  return writeZone(buf, zone < end && buf[zone] === SPACE ? zone + 1 : zone, end, out, at);
}

function isHalfOfDay(letter: number): boolean {
  return letter === LETTER_P || letter === 0x61;
}

/** The hour of 24 for one that is followed by `letter`, of `am` or `pm` or something else. */
function hourOfDay(hour: number, letter: number): number {
  return isHalfOfDay(letter) ? (hour % 12) + (letter === LETTER_P ? 12 : 0) : hour;
}

/** Writes `Z` or an offset with its colon; nothing where there is none. */
function writeZone(buf: Uint8Array, i: number, end: number, out: Uint8Array, at: number): number {
  if (i === end) return at;
  if (end - i === 1) {
    out[at] = LETTER_Z;
    return at + 1;
  }
  at = copyBytes(buf, i, i + 3, out, at);
  out[at++] = COLON;
  if (end - i > 3) return copyBytes(buf, end - 2, end, out, at);
  out[at++] = ZERO;
  out[at++] = ZERO;
  return at;
}
