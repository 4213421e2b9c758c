/** Abbreviations that exports of hospitals and payers use for the words of a header, one word each. */
const ABBREVIATIONS: Readonly<Record<string, string>> = {
  '1st': 'first',
  addr: 'address',
  addrs: 'address',
  admsn: 'admission',
  adr: 'address',
  adress: 'address',
  alowd: 'allowed',
  alwd: 'allowed',
  amt: 'amount',
  bene: 'beneficiary',
  brth: 'birth',
  bth: 'birth',
  cd: 'code',
  chg: 'charge',
  chrg: 'charge',
  clm: 'claim',
  cntr: 'center',
  cntry: 'country',
  cnty: 'county',
  coins: 'coinsurance',
  ctry: 'country',
  cvrg: 'coverage',
  ddctbl: 'deductible',
  desc: 'description',
  descr: 'description',
  dgns: 'diagnosis',
  diag: 'diagnosis',
  disch: 'discharge',
  dsch: 'discharge',
  dschrg: 'discharge',
  dt: 'date',
  dte: 'date',
  dth: 'death',
  dx: 'diagnosis',
  eff: 'effective',
  enc: 'encounter',
  ethn: 'ethnicity',
  fac: 'facility',
  flg: 'flag',
  frst: 'first',
  fst: 'first',
  gndr: 'gender',
  grp: 'group',
  gvn: 'given',
  hm: 'home',
  ind: 'indicator',
  lang: 'language',
  lst: 'last',
  mbr: 'member',
  mdl: 'middle',
  mem: 'member',
  memb: 'member',
  mid: 'middle',
  midl: 'middle',
  mob: 'mobile',
  nbr: 'number',
  nm: 'name',
  no: 'number',
  num: 'number',
  obs: 'observation',
  org: 'organization',
  pat: 'patient',
  payor: 'payer',
  pd: 'paid',
  ph: 'phone',
  phn: 'phone',
  pmt: 'payment',
  prcdr: 'procedure',
  prncpal: 'principal',
  proc: 'procedure',
  prvdr: 'provider',
  pt: 'patient',
  pymt: 'payment',
  qty: 'quantity',
  rsn: 'reason',
  sec: 'security',
  serv: 'service',
  soc: 'social',
  spclty: 'specialty',
  srnm: 'surname',
  srvc: 'service',
  stus: 'status',
  svc: 'service',
  tel: 'phone',
  telephone: 'phone',
  thru: 'through',
  tm: 'time',
  tot: 'total',
  txt: 'text',
  typ: 'type',
  vacc: 'vaccine',
  vax: 'vaccine',
  vrsn: 'version',
  wk: 'work',
};

/** A remark about the form of the values, as in `DOB (MM/DD/YYYY)` or `Sex (M/F)`; it says nothing about the meaning. */
const FORM_REMARK = /\((?:[mdy]{1,4}(?:[/.-][mdy]{1,4}){2}|m\s*\/\s*f(?:\s*\/\s*\w)?|required|optional)\)/gi;

/**
 * The words of a header, in order: accents folded, camel case and digits split, separators dropped, lower case,
 * abbreviations spelled out. A zero is the index of a first element (`name.0.given.0`) and is dropped;
 * a bracketed index beyond it is kept as `element 1`, for it counts from zero where `line_1` counts from one.
 * Equal words mean equal headers, however they were written.
 */
export function normalizeHeader(name: string): readonly string[] {
  const words = name
    .replace(FORM_REMARK, ' ')
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/['’]/g, '')
    .replace(/\[(\d+)\]/g, (_, index: string) => (Number(index) === 0 ? ' ' : ` element ${index} `))
    .replace(/#/g, ' number ')
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .replace(/(\p{L})(\d)/gu, '$1 $2')
    .replace(/(\d)(?!\d)(?!(?:st|nd|rd|th)(?![a-z]))(\p{L})/gu, '$1 $2')
    .split(/[^\p{L}\d]+/u)
    .filter((word) => word !== '' && word !== '0');
  return words.map((word) => (Object.hasOwn(ABBREVIATIONS, word) ? ABBREVIATIONS[word]! : word));
}

/** One text for the words, the same for `first_name`, `FirstName` and `FIRSTNAME`; numbers that meet stay apart (PID.3.1 is not PID.31). */
export function headerKey(words: readonly string[]): string {
  let key = '';
  for (const word of words) key += /\d$/.test(key) && /^\d/.test(word) ? `.${word}` : word;
  return key;
}
