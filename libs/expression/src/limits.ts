/** What one expression may be at most; beyond it is refused before any record is read. */
export const MAX_CHARACTERS = 4096;
export const MAX_DEPTH = 64;
export const MAX_NODES = 1000;

/** A text that an expression makes is at most so many times as long as the values it is made from. */
export const MAX_GROWTH = 64;

/** Digits of a number, and how many of them stand behind the point of a decimal one: both engines hold these exactly. */
export const NUMBER_DIGITS = 15;
export const DECIMAL_PLACES = 6;
/** A decimal number is held as this many times its value, a whole number. */
export const DECIMAL_UNIT = 10 ** DECIMAL_PLACES;
/** The largest whole number, and the largest decimal one times `DECIMAL_UNIT`. */
export const MAX_NUMBER = 10 ** NUMBER_DIGITS - 1;

/** Texts that functions take as literals, such as separators. */
export const MAX_POSITION = 10_000;
export const MAX_PADDING = 1000;
