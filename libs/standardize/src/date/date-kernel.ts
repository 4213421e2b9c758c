import type { Kernel } from '@attune/core';
import { COMMA, DOT, MINUS, SLASH, SPACE, ZERO, digitsEnd, isLetter, numberOf } from '../ascii/bytes.js';
import { FIRST_YEAR, LAST_YEAR, type DateOptions } from './date-options.js';
import { monthNameEnd, monthOfName } from './month-names.js';
import { LIKELY, NONSENSE } from './sentinels.js';
import { timeEnd } from './time-of-day.js';

const INVALID = -1;
const SENTINEL = -2;
const AMBIGUOUS_CENTURY = -3;
const INCOMPLETE = -4;

export const dateKernel = (options: DateOptions): Kernel => {
  const reader = new DateReader(options);
  const fill = options.incomplete === 'first-day';
  return (buf, start, end, out, at) => {
    const result = reader.readIncomplete(buf, start, end) ? (fill ? reader.fill() : INCOMPLETE) : reader.read(buf, start, end);
    return result < 0 ? result : reader.write(out, at);
  };
};

/** Holds the parts of one date while it is read; one reader per kernel, used again for every value. */
export class DateReader {
  year = 0;
  month = 0;
  day = 0;
  #shortYear = false;
  readonly #order: DateOptions['order'];

  readonly #placeholders: Int32Array;
  readonly #keepsSentinels: boolean;

  constructor({ order, sentinels }: Pick<DateOptions, 'order' | 'sentinels'>) {
    this.#order = order;
    this.#placeholders = Int32Array.from(sentinels === 'likely' ? [...NONSENSE, ...LIKELY] : NONSENSE);
    this.#keepsSentinels = sentinels === 'kept';
  }

  /** Whether [start, end) is a year, or a month of one (`1987-03`, `3/1987`); the month is 0 for a year alone. */
  readIncomplete(buf: Uint8Array, start: number, end: number): boolean {
    if (end - start > 7) return false;
    const firstEnd = digitsEnd(buf, start, end);
    const digits = firstEnd - start;
    this.month = 0;
    this.#shortYear = false;
    if (firstEnd === end) {
      if (digits !== 4) return false;
      this.year = numberOf(buf, start, end);
    } else {
      const separator = buf[firstEnd]!;
      const second = firstEnd + 1;
      const secondDigits = end - second;
      if ((separator !== MINUS && separator !== SLASH) || digitsEnd(buf, second, end) !== end) return false;
      const yearFirst = digits === 4;
      if (yearFirst ? !isOneOrTwo(secondDigits) : !isOneOrTwo(digits) || secondDigits !== 4) return false;
      this.year = yearFirst ? numberOf(buf, start, firstEnd) : numberOf(buf, second, end);
      this.month = yearFirst ? numberOf(buf, second, end) : numberOf(buf, start, firstEnd);
      if (this.month < 1 || this.month > 12) return false;
    }
    return this.year >= FIRST_YEAR && this.year <= LAST_YEAR;
  }

  /** Makes the first day of what `readIncomplete` has read; 0, or the negative result of the kernel. */
  fill(): number {
    if (this.month === 0) this.month = 1;
    this.day = 1;
    return this.judge();
  }

  /** 0, or the negative result of the kernel. */
  read(buf: Uint8Array, start: number, end: number): number {
    const dateEnd = this.readDate(buf, start, end);
    if (dateEnd < 0 || (dateEnd < end && timeEnd(buf, dateEnd, end) !== end)) return INVALID;
    return this.judge();
  }

  /** Writes the date that was read as yyyy-mm-dd and returns the new end. */
  write(out: Uint8Array, at: number): number {
    const { year, month, day } = this;
    out[at] = ZERO + Math.trunc(year / 1000);
    out[at + 1] = ZERO + (Math.trunc(year / 100) % 10);
    out[at + 2] = ZERO + (Math.trunc(year / 10) % 10);
    out[at + 3] = ZERO + (year % 10);
    out[at + 4] = out[at + 7] = MINUS;
    out[at + 5] = ZERO + Math.trunc(month / 10);
    out[at + 6] = ZERO + (month % 10);
    out[at + 8] = ZERO + Math.trunc(day / 10);
    out[at + 9] = ZERO + (day % 10);
    return at + 10;
  }

  /** Writes what `readIncomplete` has read as yyyy or yyyy-mm and returns the new end. */
  writeIncomplete(out: Uint8Array, at: number): number {
    this.write(out, at);
    return this.month === 0 ? at + 4 : at + 7;
  }

  /** 0 for a day of the calendar, or the negative result of the kernel. */
  judge(): number {
    const { year, month, day } = this;
    // In a year of two digits any February may have 29 days.
    if (this.#shortYear) return isOfCalendar(2000, month, day) ? AMBIGUOUS_CENTURY : INVALID;
    if (this.#isPlaceholder(year * 10000 + month * 100 + day)) return this.#keepsSentinels && isOfCalendar(year, month, day) ? 0 : SENTINEL;
    return year >= FIRST_YEAR && year <= LAST_YEAR && isOfCalendar(year, month, day) ? 0 : INVALID;
  }

  #isPlaceholder(yyyymmdd: number): boolean {
    for (let i = 0; i < this.#placeholders.length; i++) if (this.#placeholders[i] === yyyymmdd) return true;
    return false;
  }

  /** The end of the date that begins at `i`, or -1. */
  readDate(buf: Uint8Array, i: number, end: number): number {
    this.#shortYear = false;
    const firstEnd = digitsEnd(buf, i, end);
    switch (firstEnd - i) {
      case 0:
        return this.#readMonthFirst(buf, i, end);
      case 1:
      case 2:
        if (firstEnd === end) return -1;
        return this.#readDayFirst(buf, i, firstEnd, end);
      case 4:
        this.year = numberOf(buf, i, firstEnd);
        return this.#readMonthAndDay(buf, firstEnd, end);
      case 8:
        this.year = numberOf(buf, i, i + 4);
        this.month = numberOf(buf, i + 4, i + 6);
        this.day = numberOf(buf, i + 6, firstEnd);
        return firstEnd;
      default:
        return -1;
    }
  }

  /** `-03-09` behind a year. */
  #readMonthAndDay(buf: Uint8Array, i: number, end: number): number {
    const monthEnd = i < end && isSeparator(buf[i]!) ? digitsEnd(buf, i + 1, end) : i;
    if (monthEnd === end || !isOneOrTwo(monthEnd - i - 1) || buf[monthEnd] !== buf[i]) return -1;
    const dayEnd = digitsEnd(buf, monthEnd + 1, end);
    if (!isOneOrTwo(dayEnd - monthEnd - 1)) return -1;
    this.month = numberOf(buf, i + 1, monthEnd);
    this.day = numberOf(buf, monthEnd + 1, dayEnd);
    return dayEnd;
  }

  /** `Mar 9, 1987` */
  #readMonthFirst(buf: Uint8Array, i: number, end: number): number {
    const nameEnd = monthNameEnd(buf, i, end);
    this.month = monthOfName(buf, i, nameEnd);
    const dotEnd = skip(buf, nameEnd, end, DOT);
    const day = skipBlanks(buf, dotEnd, end);
    const dayEnd = digitsEnd(buf, day, end);
    if (this.month === 0 || day === dotEnd || !isOneOrTwo(dayEnd - day)) return -1;
    this.day = numberOf(buf, day, dayEnd);
    const commaEnd = skip(buf, dayEnd, end, COMMA);
    const year = skipBlanks(buf, commaEnd, end);
    return year === dayEnd ? -1 : this.#readYear(buf, year, end);
  }

  /** `9 Mar 1987`, `09-MAR-1987`, `09MAR1987`, or three numbers. */
  #readDayFirst(buf: Uint8Array, i: number, firstEnd: number, end: number): number {
    const separator = buf[firstEnd]!;
    const name = separator === SPACE ? skipBlanks(buf, firstEnd, end) : isLetter(separator) ? firstEnd : firstEnd + 1;
    if (name === end) return -1;
    if (!isLetter(buf[name]!)) return isSeparator(separator) ? this.#readNumbers(buf, i, firstEnd, end) : -1;
    const nameEnd = monthNameEnd(buf, name, end);
    this.day = numberOf(buf, i, firstEnd);
    this.month = monthOfName(buf, name, nameEnd);
    if (this.month === 0) return -1;
    if (name === firstEnd) return this.#readYear(buf, nameEnd, end);
    if (separator === SPACE) {
      const dotEnd = skip(buf, nameEnd, end, DOT);
      const year = skipBlanks(buf, dotEnd, end);
      return year === dotEnd ? -1 : this.#readYear(buf, year, end);
    }
    if ((separator !== MINUS && separator !== SLASH) || nameEnd === end || buf[nameEnd] !== separator) return -1;
    return this.#readYear(buf, nameEnd + 1, end);
  }

  /** Three numbers of which the first has one or two digits. */
  #readNumbers(buf: Uint8Array, i: number, firstEnd: number, end: number): number {
    const second = firstEnd + 1;
    const secondEnd = digitsEnd(buf, second, end);
    if (secondEnd === end || !isOneOrTwo(secondEnd - second) || buf[secondEnd] !== buf[firstEnd]) return -1;
    const a = numberOf(buf, i, firstEnd);
    const b = numberOf(buf, second, secondEnd);
    if (this.#order === 'ymd') {
      const dayEnd = digitsEnd(buf, secondEnd + 1, end);
      if (firstEnd - i !== 2 || !isOneOrTwo(dayEnd - secondEnd - 1)) return -1;
      this.#shortYear = true;
      this.month = b;
      this.day = numberOf(buf, secondEnd + 1, dayEnd);
      return dayEnd;
    }
    this.month = this.#order === 'mdy' ? a : b;
    this.day = this.#order === 'mdy' ? b : a;
    return this.#readYear(buf, secondEnd + 1, end);
  }

  #readYear(buf: Uint8Array, i: number, end: number): number {
    const yearEnd = digitsEnd(buf, i, end);
    const digits = yearEnd - i;
    if (digits !== 4 && digits !== 2) return -1;
    this.#shortYear = digits === 2;
    this.year = numberOf(buf, i, yearEnd);
    return yearEnd;
  }
}

function isOfCalendar(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  if (month === 2) return day <= (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28);
  return day <= (month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31);
}

function isSeparator(byte: number): boolean {
  return byte === MINUS || byte === SLASH || byte === DOT;
}

function isOneOrTwo(digits: number): boolean {
  return digits === 1 || digits === 2;
}

function skip(buf: Uint8Array, i: number, end: number, byte: number): number {
  return i < end && buf[i] === byte ? i + 1 : i;
}

function skipBlanks(buf: Uint8Array, i: number, end: number): number {
  while (i < end && buf[i] === SPACE) i++;
  return i;
}
