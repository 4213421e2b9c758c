import type { Synonym, Synonyms } from '@attune/mapping';

/** Blank-separated words as a list. */
export const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Names that mean the field in some sources, each as sure as the confidence says. */
export const unsure = (confidence: number, ...names: readonly string[]): readonly Synonym[] => names.map((name) => ({ name, confidence }));

/**
 * Names that mean the field when other columns stand for all fields of one of these lists; without them they decide nothing, and they
 * are too unsure to vouch for others.
 */
export const beside = (companions: readonly (readonly string[])[], ...names: readonly string[]): readonly Synonym[] =>
  names.map((name) => ({ name, confidence: 0.79, with: companions }));

/** Names such as `id` that belong to whatever the table is about. */
export const ofTable = (companions: readonly (readonly string[])[], ...names: readonly string[]): readonly Synonym[] =>
  names.map((name) => ({ name, confidence: 0.7, with: companions, ofTable: true }));

/** `name_1` to `name_<count>`: templates hold `{n}`, read as 1 and as 01. */
export function numberedNames(count: number, field: string, templates: readonly string[]): Record<string, readonly Synonym[]> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => {
      const numbers = [...new Set([String(i + 1), String(i + 1).padStart(2, '0')])];
      return [`${field}_${i + 1}`, templates.flatMap((template) => numbers.map((number) => template.replaceAll('{n}', number)))];
    }),
  );
}

type Known = Pick<Synonyms, 'entity' | 'names' | 'evidence'> & Partial<Synonyms>;

/** Synonyms of an entity; lists that are not given are empty, and the golden person is filled in later. */
export const knownNames = (known: Known): Synonyms => ({
  filledLater: ['person_id'],
  subject: [],
  main: [],
  second: [],
  place: [],
  coded: [],
  others: [],
  events: [],
  shared: [],
  otherTables: [],
  ownEvidence: known.evidence,
  ...known,
});

/** The person in tables of events, where no column of it is the table's own. The number of the source comes before that of the payer. */
export const PATIENT_IDS: readonly Synonym[] = [
  { name: 'person id', confidence: 0.978 },
  ...unsure(0.974, 'patient number', 'patient identifier', 'patid', 'ptid', 'patnum', 'patient uuid', 'patient guid', 'patient key'),
  ...unsure(0.973, 'mrn', 'medical record number', 'medical record id', 'med rec number', 'patient mrn id', 'patient mrn'),
  ...unsure(0.972, 'subject reference', 'patient reference', 'beneficiary reference', 'subject id', 'individual reference'),
  ...unsure(0.97, 'pid 3', 'pid 3.1', 'pat mrn id', 'person source value', 'client id', 'patient fhir id', 'person key'),
  ...unsure(0.969, 'beneficiary id', 'beneid', 'desynpuf id', 'beneficiary identifier', 'beneficiary link key', 'bene sk'),
  ...unsure(0.966, 'enrollee id', 'enrolid', 'recipient id', 'recipient identifier', 'resident id'),
  ...unsure(0.96, 'patient', 'person', 'beneficiary', 'subject'),
];

/** The number of the member with the payer. */
export const MEMBER_IDS: readonly Synonym[] = [
  ...unsure(0.975, 'member identifier', 'member number', 'mbrid', 'memid', 'member key', 'memberuid'),
  ...unsure(
    0.972,
    'mbi',
    'mbi id',
    'mbi num',
    'bene mbi id',
    'medicare beneficiary identifier',
    'beneficiary mbi',
    'medicare id',
    'medicaid id',
  ),
  ...unsure(
    0.965,
    'insured id',
    'health insurance id',
    'insurance id',
    'insurance member id',
    'policy number',
    'policy id',
    'in 1 36',
    'in 1.36',
  ),
  ...unsure(0.962, 'hic number', 'hicn', 'bene hic num', 'bene crnt hic num', 'crnt hic num', 'patient insurance id'),
];

/** The encounter in tables of what happened in it. */
export const ENCOUNTER_IDS: readonly Synonym[] = [
  ...unsure(
    0.976,
    'visit occurrence id',
    'visit id',
    'visit number',
    'encounter number',
    'encounter identifier',
    'encounter key',
    'encounterid',
  ),
  ...unsure(
    0.974,
    'csn',
    'pat enc csn id',
    'pat enc csn',
    'contact serial number',
    'encounter csn',
    'enc csn id',
    'encntr id',
    'encntrid',
    'fin',
    'fin number',
  ),
  ...unsure(
    0.972,
    'encounter reference',
    'context reference',
    'encounter uuid',
    'encounter fhir id',
    'hadm id',
    'hospital admission id',
    'stay id',
  ),
  ...unsure(0.968, 'pv 1 19', 'pv 1.19', 'pv 1 19.1', 'visit no', 'admission id', 'hsp account id', 'hospital account id', 'har'),
  ...unsure(0.96, 'encounter', 'visit'),
];

/** Who did, noted, ordered or prescribed something, in the source system. */
export const PRACTITIONER_IDS: readonly Synonym[] = [
  ...unsure(0.974, 'provider id', 'providerid', 'provider key', 'practitioner reference', 'provider identifier', 'clinician id'),
  ...unsure(0.965, 'performer reference', 'recorder reference', 'physician id', 'doctor id', 'prov id', 'performing provider id'),
  ...unsure(0.96, 'provider', 'practitioner', 'clinician', 'performer'),
];

/** The claim in tables of what it says. */
export const CLAIM_IDS: readonly Synonym[] = [
  ...unsure(
    0.976,
    'claim number',
    'claim identifier',
    'claim no',
    'claim key',
    'claimid',
    'clmid',
    'claim uid',
    'claim reference',
    'clm id',
  ),
  ...unsure(
    0.974,
    'cur clm uniq id',
    'clm uniq id',
    'claim unique id',
    'unique claim id',
    'medical claim id',
    'pharmacy claim id',
    'pde id',
  ),
  ...unsure(
    0.972,
    'icn',
    'internal control number',
    'dcn',
    'document control number',
    'payer claim control number',
    'claim control number',
    'clp 07',
    'clp 7',
  ),
  ...unsure(0.96, 'claim'),
];

/** Payer and plan in tables of others, by name before by id. */
export const PAYERS: readonly Synonym[] = [
  ...unsure(
    0.974,
    'payer name',
    'insurance company',
    'insurance name',
    'insurer',
    'insurer name',
    'carrier name',
    'payer source value',
    'insurance company name',
  ),
  ...unsure(
    0.968,
    'payer id',
    'payer identifier',
    'primary payer',
    'primary payer name',
    'primary insurance',
    'insurer display',
    'insurer reference',
  ),
  ...unsure(
    0.962,
    'insurance',
    'health plan payer',
    'primary payer id',
    'payer code',
    'carrier id',
    'payor',
    'in 1 4',
    'in 1.4',
    'payer reference',
    'payer display',
    'primary patient insurance id',
  ),
];

export const PLANS: readonly Synonym[] = [
  ...unsure(
    0.974,
    'plan name',
    'plan source value',
    'benefit plan',
    'benefit plan name',
    'health plan',
    'health plan name',
    'insurance plan',
    'insurance plan name',
    'product name',
  ),
  ...unsure(
    0.968,
    'plan id',
    'plan code',
    'benefit plan id',
    'health plan id',
    'insurance plan id',
    'plan identifier',
    'contract plan',
    'in 1 2',
    'in 1.2',
    'product id',
    'plan key',
    'benefit package id',
  ),
];

/** Amounts of claims and lines in plain words; what CMS and X12 call them differs from one to the other. */
export const AMOUNT_NAMES: Readonly<Record<string, readonly Synonym[]>> = {
  paid_amount: [
    ...unsure(
      0.975,
      'amount paid',
      'paid amt',
      'payer paid amount',
      'plan paid amount',
      'plan paid',
      'paid',
      'paid total',
      'amt paid',
      'net paid amount',
      'insurance paid amount',
      'insurance paid',
    ),
    ...unsure(
      0.97,
      'payment amount',
      'reimbursement amount',
      'payment',
      'net paid',
      'total paid',
      'total paid amount',
      'medicare paid amount',
      'provider payment amount',
      'payer payment amount',
      'payer coverage',
    ),
  ],
  allowed_amount: [
    'allowed',
    'amount allowed',
    'allowed charge',
    'allowed charges',
    'allowed charge amount',
    'total allowed',
    'total allowed amount',
    'eligible amount',
    'contract allowed amount',
  ],
  charge_amount: [
    ...unsure(
      0.975,
      'amount charged',
      'billed amount',
      'amount billed',
      'billed charges',
      'billed charge',
      'charges',
      'total charges',
      'total charge',
      'total charge amount',
      'total charges amount',
    ),
    ...unsure(
      0.97,
      'submitted amount',
      'submitted charges',
      'submitted charge amount',
      'submitted charge',
      'charge',
      'gross charges',
      'gross charge',
      'total billed',
      'total billed amount',
      'billed',
      'charge total',
      'claim charge',
      'requested amount',
    ),
  ],
  coinsurance_amount: [
    'coinsurance',
    'co insurance',
    'coins',
    'coins amt',
    'co insurance amount',
    'coinsurance paid',
    'member coinsurance',
    'patient coinsurance',
    'coinsrnc amt',
    'paid patient coinsurance',
  ],
  copayment_amount: [
    'copay',
    'copayment',
    'co pay',
    'copay amount',
    'co pay amount',
    'copay amt',
    'member copay',
    'patient copay',
    'co payment amount',
    'paid patient copay',
  ],
  deductible_amount: [
    'deductible',
    'deductible applied',
    'deduct',
    'deduct amount',
    'ded amount',
    'ded amt',
    'member deductible',
    'patient deductible',
    'deduct amt',
    'paid patient deductible',
  ],
  total_cost_amount: ['total cost', 'total amount', 'total cost amt', 'total claim cost'],
};
