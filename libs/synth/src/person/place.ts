import type { Draw } from '../draw.js';
import { MARK, type Row, utf8 } from '../row.js';
import { missing, texts } from './missing.js';
import { type Name, nameOf } from './name.js';
import { PLACES as PLACE_ROWS, STREET_KINDS, STREETS } from './people.data.js';

/** Where somebody lives: a city with what follows from it. */
export interface Place {
  readonly city: Name;
  readonly state: Uint8Array;
  readonly stateLower: Uint8Array;
  readonly stateName: Uint8Array;
  readonly stateNameUpper: Uint8Array;
  readonly zipPrefix: Uint8Array;
  readonly areaCode: Uint8Array;
}

export const PLACES: readonly Place[] = PLACE_ROWS.map(([city, state, stateName, zipPrefix, areaCode]) => ({
  city: nameOf(city),
  state: utf8(state),
  stateLower: utf8(state.toLowerCase()),
  stateName: utf8(stateName),
  stateNameUpper: utf8(stateName.toUpperCase()),
  zipPrefix: utf8(zipPrefix),
  areaCode: utf8(areaCode),
}));

interface Word {
  readonly plain: Uint8Array;
  readonly upper: Uint8Array;
}
const word = (text: string): Word => ({ plain: utf8(text), upper: utf8(text.toUpperCase()) });
const STREET = STREETS.map(word);
const KIND = STREET_KINDS.map(word);
const BLANK = 0x20;
const HYPHEN = 0x2d;
const APARTMENT = utf8(', Apt ');
const APARTMENT_BELOW = utf8('\nApt ');
const OLD = utf8('"Old" ');

export function address(draw: Draw, row: Row): void {
  const number = 1 + draw.below(9800);
  const street = draw.of(STREET);
  const kind = draw.of(KIND);
  const u = draw.share();
  if (u < 0.015) {
    missing(draw, row);
    return;
  }
  row.digits(number).byte(BLANK);
  if (u < 0.134)
    oneStreet(row.mark(MARK.quoted), street.plain, kind.plain)
      .put(u < 0.13 ? APARTMENT : APARTMENT_BELOW)
      .digits(1 + draw.below(40));
  else if (u < 0.137) oneStreet(row.mark(MARK.quoted).put(OLD), street.plain, kind.plain);
  else if (u < 0.2) oneStreet(row, street.upper, kind.upper);
  else if (u < 0.22) row.byte(BLANK).put(street.plain).byte(BLANK).byte(BLANK).put(kind.plain).byte(BLANK);
  else oneStreet(row, street.plain, kind.plain);
}

function oneStreet(row: Row, street: Uint8Array, kind: Uint8Array): Row {
  return row.put(street).byte(BLANK).put(kind);
}

const NO_STATES = texts('ZZ', 'Ontario', '25', 'USA');

export function state(draw: Draw, row: Row, place: Place): void {
  const u = draw.share();
  if (u < 0.7) row.put(place.state);
  else if (u < 0.78) row.put(place.stateLower);
  else if (u < 0.91) row.put(place.stateName);
  else if (u < 0.94) row.put(place.stateNameUpper);
  else if (u < 0.97) row.byte(BLANK).put(place.state).byte(BLANK);
  else if (u < 0.985) missing(draw, row);
  else row.put(draw.of(NO_STATES));
}

const NO_ZIPS = texts('ABCDE', '00000');
const POWER = utf8('1.5e4');

export function zip(draw: Draw, row: Row, { zipPrefix }: Place): void {
  const end = 1 + draw.below(99);
  const u = draw.share();
  if (u < 0.77) row.put(zipPrefix).digits(end, 2);
  else if (u < 0.89)
    row
      .put(zipPrefix)
      .digits(end, 2)
      .byte(HYPHEN)
      .digits(1 + draw.below(9998), 4);
  else if (u < 0.94)
    row
      .put(zipPrefix)
      .digits(end, 2)
      .digits(1 + draw.below(9998), 4);
  else if (u < 0.965) missing(draw, row);
  else noZip(draw, row, zipPrefix, end);
}

function noZip(draw: Draw, row: Row, prefix: Uint8Array, end: number): void {
  const which = draw.below(5);
  // A ZIP code that was a number for a while: its first digit is gone.
  if (which === 0) row.byte(prefix[1]!).byte(prefix[2]!).digits(end, 2);
  else if (which < 3) row.put(NO_ZIPS[which - 1]!);
  else if (which === 3) row.put(prefix).digits(end, 2).byte(HYPHEN);
  else row.put(POWER);
}
