import { Draw } from '../draw.js';
import { defineGenerator } from '../generator.js';
import { type Row, utf8 } from '../row.js';
import { amount } from './amount.js';
import { date, termDate } from './calendar.js';
import { email, phone } from './contact.js';
import { npi, ssn } from './identifier.js';
import { missing, texts } from './missing.js';
import { FIRST, LAST, lastName, middleName, typedName } from './name.js';
import { address, PLACES, state, zip } from './place.js';

const COLUMNS = [
  'member_id',
  'first_name',
  'last_name',
  'middle_name',
  'dob',
  'gender',
  'phone',
  'email',
  'address',
  'city',
  'state',
  'zip',
  'plan',
  'eff_date',
  'term_date',
  'premium',
  'paid_amount',
  'pcp_npi',
  'ssn',
  'group_no',
] as const;
const C = Object.fromEntries(COLUMNS.map((name, column) => [name, column])) as Record<(typeof COLUMNS)[number], number>;

/**
 * Members of a health plan as a careless system exports them. Everybody is invented: telephone numbers are of the range 555-0100 to
 * 555-0199, social security numbers have areas that were never issued, NPIs begin with 2, domains are example ones.
 */
export const members = defineGenerator({
  name: 'members',
  entity: 'person',
  description: 'Members of a health plan, 20 columns, with the faults of real exports.',
  columns: COLUMNS,
  addressColumns: ['address', 'city', 'state', 'zip'],
  paddable: ['first_name', 'gender'],
  breakable: ['first_name', 'city', 'plan'],
  originals,
});

const FIRST_ID = 100_000_000;
const ID_START = 0x4d;
const GROUP = utf8('GRP');
const PLANS = texts('HMO', 'PPO', 'EPO', 'POS', 'HDHP', 'hmo', ' PPO', 'Ppo ', 'HMO  ', 'Medicare Advantage');
const SEXES = texts('M', 'F', 'M', 'F', 'M', 'F', 'M', 'F', 'm', 'f', 'Male', 'Female', 'MALE', 'female', ' F', 'M ', 'U', 'X');
const NO_SEXES = texts('1', 'Q', 'fem', 'M/F');
const STREAM = 0;

function originals(seed: number): (i: number, row: Row) => void {
  const draw = new Draw();
  // The order of the draws is part of the result: what is drawn for a field depends on how often was drawn before it.
  return (i, row) => {
    draw.at(seed, STREAM, i);
    const first = draw.of(FIRST);
    const last = draw.of(LAST);
    const place = draw.of(PLACES);
    middleName(draw, row.open(C.middle_name));
    row
      .open(C.member_id)
      .byte(ID_START)
      .digits(FIRST_ID + i);
    typedName(draw, row.open(C.first_name), first);
    lastName(draw, row.open(C.last_name), last);
    date(draw, row.open(C.dob), 1930, 95, true);
    gender(draw, row.open(C.gender));
    phone(draw, row.open(C.phone), place.areaCode);
    email(draw, row.open(C.email), first, last);
    address(draw, row.open(C.address));
    typedName(draw, row.open(C.city), place.city);
    state(draw, row.open(C.state), place);
    zip(draw, row.open(C.zip), place);
    row.open(C.plan).put(draw.of(PLANS));
    date(draw, row.open(C.eff_date), 2018, 7, true);
    termDate(draw, row.open(C.term_date));
    amount(draw, row.open(C.premium), 1400);
    amount(draw, row.open(C.paid_amount), 48000);
    npi(draw, row.open(C.pcp_npi));
    ssn(draw, row.open(C.ssn));
    row.open(C.group_no).put(GROUP).digits(draw.below(400), 4);
  };
}

function gender(draw: Draw, row: Row): void {
  const u = draw.share();
  if (u < 0.02) missing(draw, row);
  else row.put(u < 0.035 ? draw.of(NO_SEXES) : draw.of(SEXES));
}
