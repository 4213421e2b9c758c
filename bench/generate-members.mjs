/**
 * Writes a dirty member file of 20 columns with known truth. Everybody in it is invented: telephone numbers are of the range
 * 555-0100 to 555-0199, social security numbers have areas that were never issued, NPIs begin with 2, domains are example ones.
 *
 *   node bench/generate-members.mjs --rows 10000 --seed 7 --hostile 0.003 --out samples/members.csv [--truth FILE] [--from I]
 *
 * Record i depends on (seed, hostile share, i) only, so any range is a piece of the whole. About 4.5 % of the records repeat an earlier one.
 * The truth file has one JSON line per record that is not an original: {ordinal, kind, original | fault}, ordinal counted from 1.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';

const COLUMNS =
  'member_id,first_name,last_name,middle_name,dob,gender,phone,email,address,city,state,zip,plan,eff_date,term_date,premium,paid_amount,pcp_npi,ssn,group_no';
const DUPLICATE_SHARE = 0.045;
/** Share of the duplicates that differ from their original by blanks around a name. */
const PADDED_SHARE = 0.2;
const REACH = 1000;
const BUFFER_BYTES = 1 << 20;
const LONGEST_ROW = 4096;

const pool = (text) => text.trim().split(/\s+/);
const FIRST = pool(`
  Ada Alba Alden Alma Amara Anders Anika Arlo Asa Astrid Aurel Beata Benno Bodil Bram Brisa Calla Carlo Cato Celia Clio Corin Dalia
  Daria Darrow Delia Edda Eino Elio Elva Emil Enzo Esme Fabia Farid Fenna Fiora Gaia Gideon Greta Hadi Halle Hanno Hedda Hugo Ida Ilse
  Imani Ines Ivo Jaro Joan Jora Juno Kaia Karim Kela Kiran Lale Leif Lena Leto Lino Liv Lois Luca Mabel Maia Malik Marek Mina Mira
  Nadia Nari Nils Noor Odette Olin Oona Orin Otto Pavel Petra Pia Quill Rafa Remy Rhea Rio Rosa Runa Sami Sana Selma Silas Sini Soren
  Tala Tamar Tess Theo Tova Ugo Una Vera Vito Wanda Wren Yara Yusuf Zara Zeno Zoë José Renée Łucja Björn Mary-Ann`);
const LAST = pool(`
  Abram Adair Aldane Alvers Amberg Arden Ashgrove Atwell Bancroft Barlow Bayliss Beckwith Bellamy Birchall Blakeney Bramwell Brookfield
  Calder Carrow Castell Chalmer Clayborn Colby Corbin Cranford Dalmore Danforth Darnell Deering Dorn Draycott Dunmore Eastwick Edgerly
  Elmhurst Emory Fairwell Farrow Fenwick Fielding Forsley Garrick Gladwin Glenmore Granger Greaves Hadlow Halberg Harwick Hathorn Hazelby
  Holloway Ingram Ironwood Jarvis Jessop Kelmore Kendrick Kestrel Kirkby Lambert Langdale Larkin Lindholm Lockhart Lorimer Mallory Marden
  Marlowe Medlock Merrick Mondale Norcross Norwell Oakley Ormond Osgood Pemberly Penrose Pickford Quigley Radcliff Ramsden Redfern Ridley
  Rosewood Rowntree Sandell Selwyn Shadwell Sorrel Stanhope Sterling Tamworth Tarrant Thornbury Tolland Underhill Upton Vance Varley
  Wakefield Walden Westbrook Whitcomb Winslow Woodrow Yarrow Yorke Zeller Núñez Müller Šimek O'Dell McArdle`);
const STREETS = pool(
  'Alder Birch Cedar Dogwood Elm Fern Gorse Hazel Ivy Juniper Katsura Larch Maple Nutmeg Oak Pine Quince Rowan Spruce Tamarack',
);
const STREET_KINDS = pool('Street St Avenue Ave Road Rd Lane Ln Drive Dr Court Ct Way Place Boulevard Blvd');
/** City, state, its name, the first three digits of its ZIP codes, area code. */
const PLACES = `
  Boston|MA|Massachusetts|021|617;Worcester|MA|Massachusetts|016|508;Hartford|CT|Connecticut|061|860;Providence|RI|Rhode Island|029|401
  Albany|NY|New York|122|518;Buffalo|NY|New York|142|716;Newark|NJ|New Jersey|071|973;Philadelphia|PA|Pennsylvania|191|215
  Baltimore|MD|Maryland|212|410;Richmond|VA|Virginia|232|804;Raleigh|NC|North Carolina|276|919;Columbia|SC|South Carolina|292|803
  Atlanta|GA|Georgia|303|404;Orlando|FL|Florida|328|407;Nashville|TN|Tennessee|372|615;Louisville|KY|Kentucky|402|502
  Columbus|OH|Ohio|432|614;Detroit|MI|Michigan|482|313;Chicago|IL|Illinois|606|312;Madison|WI|Wisconsin|537|608
  Saint Paul|MN|Minnesota|551|651;Des Moines|IA|Iowa|503|515;St. Louis|MO|Missouri|631|314;Omaha|NE|Nebraska|681|402
  Wichita|KS|Kansas|672|316;Tulsa|OK|Oklahoma|741|918;Dallas|TX|Texas|752|214;Houston|TX|Texas|770|713
  Denver|CO|Colorado|802|303;Boise|ID|Idaho|837|208;Phoenix|AZ|Arizona|850|602;Las Vegas|NV|Nevada|891|702
  Salt Lake City|UT|Utah|841|801;Seattle|WA|Washington|981|206;Portland|OR|Oregon|972|503;Sacramento|CA|California|958|916`
  .trim()
  .split(/[;\n]\s*/)
  .map((line) => line.trim().split('|'));
const MONTHS = pool('Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec');
const PLANS = ['HMO', 'PPO', 'EPO', 'POS', 'HDHP', 'hmo', ' PPO', 'Ppo ', 'HMO  ', 'Medicare Advantage'];
const NULLS = ['', '', '', 'NULL', 'null', 'N/A', 'n/a', '-', 'None', '?', ' ', '#N/A'];
const TWO = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'));
const THREE = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, '0'));
const FOUR = Array.from({ length: 10000 }, (_, n) => String(n).padStart(4, '0'));

/** Splitmix finaliser over 32 bits. Everything stays a signed 32-bit number, which the engine keeps out of the heap. */
function mix(n) {
  n = Math.imul(n ^ (n >>> 16), 0x21f0aaad);
  n = Math.imul(n ^ (n >>> 15), 0x735a2d97);
  return n ^ (n >>> 15);
}

/** sfc32, started from (seed, stream, i); `share` draws from [0, 1), `below(n)` a whole number. */
class Draw {
  at(seed, stream, i) {
    this.a = mix((seed + 0x9e3779b9) | 0);
    this.b = mix(i ^ this.a);
    this.c = mix((i + Math.imul(stream + 1, 0x85ebca6b) + Math.floor(i / 0x100000000)) | 0);
    this.d = 1;
    this.next();
    this.next();
    this.next();
    return this;
  }

  next() {
    const t = (((this.a + this.b) | 0) + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + t) | 0;
    return t;
  }

  share() {
    return (this.next() >>> 0) / 0x100000000;
  }

  below(n) {
    return Math.floor(((this.next() >>> 0) / 0x100000000) * n);
  }

  of(list) {
    return list[this.below(list.length)];
  }
}

const draw = new Draw();
const kinds = new Draw();

function name(text, nullShare) {
  const u = draw.share();
  if (u < nullShare) return draw.of(NULLS);
  if (u < 0.12) return text.toUpperCase();
  if (u < 0.18) return text.toLowerCase();
  if (u < 0.21) return ` ${text}`;
  if (u < 0.24) return `${text}  `;
  if (u < 0.2412) return `${text.slice(0, 2)}\x01${text.slice(2)}`;
  return text;
}

function lastName(one) {
  const u = draw.share();
  if (u < 0.04) return `${one}-${draw.of(LAST)}`;
  return u < 0.045 ? `"${one}, Jr."` : name(one, 0.008);
}

function date(firstYear, years, dirty) {
  const year = firstYear + draw.below(years);
  const month = 1 + draw.below(12);
  const day = 1 + draw.below(28);
  const u = draw.share();
  if (u < 0.6) return `${year}-${TWO[month]}-${TWO[day]}`;
  if (u < 0.75) return `${TWO[month]}/${TWO[day]}/${year}`;
  if (u < 0.82) return `${month}/${day}/${year}`;
  if (u < 0.88) return `${year}${TWO[month]}${TWO[day]}`;
  if (u < 0.92) return `"${MONTHS[month - 1]} ${day}, ${year}"`;
  if (u < 0.94) return `${year}-${TWO[month]}-${TWO[day]} 00:00:00`;
  if (u < 0.955) return `${TWO[day]}-${MONTHS[month - 1].toUpperCase()}-${year}`;
  if (u < 0.965) return ` ${year}-${TWO[month]}-${TWO[day]} `;
  if (!dirty || u < 0.975) return draw.of(NULLS);
  if (u < 0.985) return draw.of(['0001-01-01', '9999-12-31', '00/00/0000', '12/31/9999']);
  if (u < 0.99) return `${TWO[month]}/${TWO[day]}/${TWO[year % 100]}`;
  return draw.of([`02/30/${year}`, `${year}-13-01`, `${year}-00-10`, 'unknown', `${day}.${year}`]);
}

function termDate() {
  const u = draw.share();
  if (u < 0.7) return draw.of(NULLS);
  return u < 0.8 ? '9999-12-31' : date(2023, 3, false);
}

const SEXES = ['M', 'F', 'M', 'F', 'M', 'F', 'M', 'F', 'm', 'f', 'Male', 'Female', 'MALE', 'female', ' F', 'M ', 'U', 'X'];
function gender() {
  const u = draw.share();
  if (u < 0.02) return draw.of(NULLS);
  return u < 0.035 ? draw.of(['1', 'Q', 'fem', 'M/F']) : draw.of(SEXES);
}

function phone(area) {
  const line = 100 + draw.below(100);
  const u = draw.share();
  if (u < 0.4) return `(${area}) 555-0${line}`;
  if (u < 0.62) return `${area}-555-0${line}`;
  if (u < 0.76) return `${area}5550${line}`;
  if (u < 0.84) return `${area}.555.0${line}`;
  if (u < 0.9) return `+1 ${area} 555 0${line}`;
  if (u < 0.925) return `1-${area}-555-0${line}`;
  if (u < 0.935) return `${area}-555-0${line} x${10 + draw.below(90)}`;
  if (u < 0.975) return draw.of(NULLS);
  return draw.of([`555-0${line}`, 'call home', '000-000-0000', '123', `${area}-555-0${line}99`]);
}

/** Names as they stand in addresses, kept because folding is slow. */
const folded = new Map();
function fold(text) {
  let known = folded.get(text);
  if (known === undefined) {
    known = text.normalize('NFD').replace(/[^A-Za-z]/g, '');
    folded.set(text, known);
  }
  return known;
}

function email(first, last) {
  const u = draw.share();
  if (u < 0.06) return draw.of(NULLS);
  const user = `${fold(first)}.${fold(last)}${draw.below(100)}`;
  if (u < 0.08) return draw.of([`${user}@`, user, `${user}@example`, `${user}@@example.com`, `${user} at example.com`]);
  const address = `${user}@example.${draw.of(['com', 'org', 'net'])}`;
  return u < 0.14 ? address.toUpperCase() : u < 0.8 ? address : address.toLowerCase();
}

function address() {
  const number = 1 + draw.below(9800);
  const street = draw.of(STREETS);
  const kind = draw.of(STREET_KINDS);
  const u = draw.share();
  if (u < 0.015) return draw.of(NULLS);
  if (u < 0.13) return `"${number} ${street} ${kind}, Apt ${1 + draw.below(40)}"`;
  if (u < 0.134) return `"${number} ${street} ${kind}\nApt ${1 + draw.below(40)}"`;
  if (u < 0.137) return `"${number} ""Old"" ${street} ${kind}"`;
  if (u < 0.2) return `${number} ${street} ${kind}`.toUpperCase();
  return u < 0.22 ? `${number}  ${street}  ${kind} ` : `${number} ${street} ${kind}`;
}

function state(code, long) {
  const u = draw.share();
  if (u < 0.7) return code;
  if (u < 0.78) return code.toLowerCase();
  if (u < 0.91) return long;
  if (u < 0.94) return long.toUpperCase();
  if (u < 0.97) return ` ${code} `;
  return u < 0.985 ? draw.of(NULLS) : draw.of(['ZZ', 'Ontario', '25', 'USA']);
}

function zip(prefix) {
  const five = `${prefix}${TWO[1 + draw.below(99)]}`;
  const u = draw.share();
  if (u < 0.77) return five;
  if (u < 0.89) return `${five}-${FOUR[1 + draw.below(9998)]}`;
  if (u < 0.94) return `${five}${FOUR[1 + draw.below(9998)]}`;
  return u < 0.965 ? draw.of(NULLS) : draw.of([five.slice(1), 'ABCDE', '00000', `${five}-`, '1.5e4']);
}

function amount(most) {
  const whole = draw.below(most);
  const cents = TWO[draw.below(100)];
  const u = draw.share();
  if (u < 0.02) return draw.of(NULLS);
  if (u < 0.6) return `${whole}.${cents}`;
  const grouped = whole < 1000 ? String(whole) : `${Math.floor(whole / 1000)},${THREE[whole % 1000]}`;
  if (u < 0.85) return whole < 1000 ? `$${grouped}.${cents}` : `"$${grouped}.${cents}"`;
  if (u < 0.9) return `"${grouped}.${cents}"`;
  if (u < 0.94) return `(${whole}.${cents})`;
  if (u < 0.97) return `-${whole}.${cents}`;
  return u < 0.99 ? String(whole) : draw.of([`${whole}.${cents}9`, '1e3', 'free', '$']);
}

/** NPIs that begin with 2 have not been issued; the check digit is Luhn's over 80840 and the first nine digits. */
function npi() {
  const digits = `2${FOUR[draw.below(10000)]}${FOUR[draw.below(10000)]}`;
  let sum = 24;
  for (let i = 0; i < 9; i++) {
    const digit = digits.charCodeAt(i) - 48;
    const doubled = i % 2 === 0 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  const check = (10 - (sum % 10)) % 10;
  const u = draw.share();
  if (u < 0.03) return draw.of(NULLS);
  return u < 0.05 ? `${digits}${(check + 3) % 10}` : `${digits}${check}`;
}

function ssn() {
  const area = 900 + draw.below(99);
  const group = TWO[1 + draw.below(99)];
  const serial = FOUR[1 + draw.below(9998)];
  const u = draw.share();
  if (u < 0.7) return `${area}-${group}-${serial}`;
  if (u < 0.91) return `${area}${group}${serial}`;
  return u < 0.975 ? draw.of(NULLS) : draw.of(['000-00-0000', `XXX-XX-${serial}`, '999999999', serial, `${area}-${group}${serial}`]);
}

/** The fields of original i, quoted where they have to be. */
function original(seed, i) {
  draw.at(seed, 0, i);
  const first = draw.of(FIRST);
  const last = draw.of(LAST);
  const [city, code, long, prefix, area] = draw.of(PLACES);
  const middle = draw.share() < 0.45 ? draw.of(NULLS) : draw.share() < 0.7 ? draw.of(FIRST).slice(0, 1) : draw.of(FIRST);
  return [
    `M${100000000 + i}`,
    name(first, 0.008),
    lastName(last),
    middle,
    date(1930, 95, true),
    gender(),
    phone(area),
    email(first, last),
    address(),
    name(city, 0.008),
    state(code, long),
    zip(prefix),
    draw.of(PLANS),
    date(2018, 7, true),
    termDate(),
    amount(1400),
    amount(48000),
    npi(),
    ssn(),
    `GRP${FOUR[draw.below(400)]}`,
  ];
}

const HOSTILE = ['too_few_fields', 'too_many_fields', 'stray_quote', 'unterminated_quote', 'invalid_utf8', 'nul', 'crlf', 'blank_line'];

/** What record i is: {kind, hostile?, base?}. The base of a duplicate is looked up until it is an original. */
function kindOf(seed, i, hostileShare) {
  kinds.at(seed, 1, i);
  if (kinds.share() < hostileShare) return { kind: 'hostile', hostile: kinds.of(HOSTILE), base: i };
  if (kinds.share() >= DUPLICATE_SHARE) return { kind: 'original', base: i };
  const padded = kinds.share() < PADDED_SHARE;
  const earlier = i - 1 - kinds.below(REACH);
  if (earlier < 0) return { kind: 'original', base: i };
  const base = kindOf(seed, earlier, hostileShare);
  return base.kind === 'hostile' ? { kind: 'original', base: i } : { kind: padded ? 'padded' : 'duplicate', base: base.base };
}

/** A broken record as bytes. `nul`, `crlf` and `blank_line` leave the record readable. */
function hostileBytes(kind, fields) {
  const line = () => Buffer.from(`${fields.join(',')}\n`);
  switch (kind) {
    case 'too_few_fields':
      return Buffer.from(`${fields.slice(0, 13).join(',')}\n`);
    case 'too_many_fields':
      return Buffer.from(`${fields.join(',')},extra\n`);
    case 'stray_quote':
      fields[1] = '"Ann"x';
      return line();
    case 'unterminated_quote':
      fields[9] = '"Lost City';
      return line();
    case 'invalid_utf8':
      return Buffer.concat([Buffer.from(`${fields[0]},Ren`), Buffer.from([0xe9, 0x65]), Buffer.from(`,${fields.slice(2).join(',')}\n`)]);
    case 'nul':
      fields[1] = 'An\0n';
      return line();
    case 'crlf':
      return Buffer.from(`${fields.join(',')}\r\n`);
    default:
      return Buffer.concat([Buffer.from('\n'), line()]);
  }
}

function truthLine(i, { kind, base, hostile }) {
  const truth = hostile === undefined ? { ordinal: i + 1, kind, original: base + 1 } : { ordinal: i + 1, kind, fault: hostile };
  return `${JSON.stringify(truth)}\n`;
}

function generate({ rows, seed, hostile, from, out, truth }) {
  const file = out === '-' ? 1 : openSync(out, 'w');
  const truthFile = truth === undefined ? undefined : openSync(truth, 'w');
  const bytes = Buffer.allocUnsafe(BUFFER_BYTES);
  let end = from === 0 ? bytes.write(`${COLUMNS}\n`, 0) : 0;
  let truthText = '';
  const writeOut = () => {
    for (let at = 0; at < end;) at += writeSync(file, bytes, at, end - at);
    if (truthFile !== undefined && truthText !== '') writeSync(truthFile, truthText);
    end = 0;
    truthText = '';
  };
  for (let i = from; i < from + rows; i++) {
    const record = kindOf(seed, i, hostile);
    const fields = original(seed, record.base);
    if (record.kind === 'padded') for (const at of [1, 5]) fields[at] = ` ${fields[at]} `;
    if (truthFile !== undefined && record.kind !== 'original') truthText += truthLine(i, record);
    // Row by row: one letter beyond Latin-1 would make a longer text twice as wide.
    if (record.hostile === undefined) end += bytes.write(`${fields.join(',')}\n`, end);
    else end += hostileBytes(record.hostile, fields).copy(bytes, end);
    if (end > BUFFER_BYTES - LONGEST_ROW) writeOut();
  }
  writeOut();
  if (file !== 1) closeSync(file);
  if (truthFile !== undefined) closeSync(truthFile);
}

const text = { type: 'string' };
const { values } = parseArgs({ options: { rows: text, seed: text, out: text, truth: text, hostile: text, from: text } });
const rows = Number(values.rows);
const seed = Number(values.seed ?? 1);
const hostile = Number(values.hostile ?? 0);
const from = Number(values.from ?? 0);
const whole = [rows, seed, from].every((number) => Number.isSafeInteger(number) && number >= 0);
if (!whole || values.out === undefined || !(hostile >= 0 && hostile <= 1)) {
  console.error('Usage: node bench/generate-members.mjs --rows N --out FILE [--seed S] [--hostile SHARE] [--truth FILE] [--from I]');
  process.exit(2);
}
generate({ rows, seed, hostile, from, out: values.out, truth: values.truth });
