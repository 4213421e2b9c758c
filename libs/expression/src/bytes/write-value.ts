import { DECIMAL_PLACES, DECIMAL_UNIT } from '../limits.js';
import { calendarNumber } from '../syntax/calendar.js';
import type { ExpressionType } from '../typed/typed.js';
import type { Frame } from './frame.js';

const ZERO = 0x30;
/** A number of 15 digits has a sign and a point at most. */
const MOST_BYTES = 17;
const TRUE = new TextEncoder().encode('true');
const FALSE = new TextEncoder().encode('false');

/** The digits of a whole number that is not negative, at least so many. */
function writeDigits(frame: Frame, value: number, atLeast: number): void {
  let count = 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) count++;
  if (count < atLeast) count = atLeast;
  let rest = value;
  for (let i = frame.used + count - 1; i >= frame.used; i--) {
    frame.arena[i] = ZERO + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  frame.used += count;
}

function writeSign(frame: Frame, value: number): void {
  if (value < 0) frame.arena[frame.used++] = 0x2d;
}

function writeDecimal(frame: Frame, value: number): void {
  writeSign(frame, value);
  const size = Math.abs(value);
  const whole = Math.floor(size / DECIMAL_UNIT);
  writeDigits(frame, whole, 1);
  const rest = size - whole * DECIMAL_UNIT;
  if (rest === 0) return;
  frame.arena[frame.used++] = 0x2e;
  writeDigits(frame, rest, DECIMAL_PLACES);
  while (frame.arena[frame.used - 1] === ZERO) frame.used--;
}

function writeDate(frame: Frame, value: number): void {
  const day = calendarNumber(value);
  writeDigits(frame, Math.floor(day / 10_000), 4);
  frame.arena[frame.used++] = 0x2d;
  writeDigits(frame, Math.floor(day / 100) % 100, 2);
  frame.arena[frame.used++] = 0x2d;
  writeDigits(frame, day % 100, 2);
}

/** Writes a value that is no text into the arena. */
export function writeValue(frame: Frame, type: ExpressionType, value: number): void {
  frame.reserve(MOST_BYTES);
  if (type === 'date') writeDate(frame, value);
  else if (type === 'decimal') writeDecimal(frame, value);
  else if (type === 'boolean') frame.append(value === 1 ? TRUE : FALSE, 0, value === 1 ? TRUE.length : FALSE.length);
  else {
    writeSign(frame, value);
    writeDigits(frame, Math.abs(value), 1);
  }
}
