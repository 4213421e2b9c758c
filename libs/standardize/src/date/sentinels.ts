/**
 * Dates that systems write when they know none, as yyyymmdd: nothing at all, the first and the last date of types and calendars
 * (0001-01-01, 1753-01-01, 1800-01-01, 9999-12-31), day 0 of spreadsheets (1899-12-30 and -31), and repeated digits.
 */
export const NONSENSE: readonly number[] = [0, 101, 10101, 11111111, 17530101, 18000101, 18991230, 18991231, 88888888, 99991231, 99999999];

/** Days on which people are born too: the first of a century, the beginning of Unix time (the evening before in America), the last day of this century. */
export const LIKELY: readonly number[] = [19000101, 19691231, 19700101, 20991231];
