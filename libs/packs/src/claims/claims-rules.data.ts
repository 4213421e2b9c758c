import type { GivenRule } from '@attune/rules';

/** As many diagnoses and procedures as the entity has. */
const MOST_CODES = 25;

const inOrder = (id: string, low: string, high: string, severity = 'error'): GivenRule => ({
  id,
  kind: 'order',
  fields: [low, high],
  severity,
});

const notAfterReceipt = (id: string, field: string): GivenRule => ({
  id,
  kind: 'range',
  field,
  max: 'received_at',
  dimension: 'consistency',
  message: `${field} is not later than the receipt of the dataset.`,
});

const identified = (entity: string, ...fields: string[]): readonly GivenRule[] =>
  fields.map((field) => ({ id: `${entity}.${field}.required`, kind: 'required', field, severity: 'warning' }));

/** Reversals are negative, so a negative amount is a warning and not an error. */
const notNegative = (entity: string, ...fields: string[]): readonly GivenRule[] =>
  fields.map((field) => ({ id: `${entity}.${field}.not_negative`, kind: 'range', field, min: 0, severity: 'warning' }));

const AMOUNTS = [
  'paid_amount',
  'allowed_amount',
  'charge_amount',
  'coinsurance_amount',
  'copayment_amount',
  'deductible_amount',
  'total_cost_amount',
];

const each = (make: (i: number) => GivenRule): readonly GivenRule[] => Array.from({ length: MOST_CODES }, (_, i) => make(i + 1));

/** NUBC: present on admission; `1` and blank were exempt in earlier versions, `E` on UB-92. */
const presentOnAdmission = (i: number): GivenRule => ({
  id: `claim.diagnosis_poa_${i}.values`,
  kind: 'value-set',
  field: `diagnosis_poa_${i}`,
  values: ['Y', 'N', 'U', 'W', '1', 'E', 'Z'],
  ignore_case: true,
  severity: 'warning',
});

/** Rules of the claims entities: dates in order, amounts, identity, and the small code sets of NUBC, X12 and CMS. */
export const claimsRules: Readonly<Record<string, readonly GivenRule[]>> = {
  claim: [
    ...identified('claim', 'claim_id', 'patient_id'),
    inOrder('claim.service_dates_in_order', 'claim_start_date', 'claim_end_date'),
    inOrder('claim.admission_before_discharge', 'admission_date', 'discharge_date'),
    inOrder('claim.received_before_paid', 'received_date', 'paid_date', 'warning'),
    inOrder('claim.service_before_received', 'claim_start_date', 'received_date', 'warning'),
    notAfterReceipt('claim.start_not_after_receipt', 'claim_start_date'),
    notAfterReceipt('claim.paid_not_after_receipt', 'paid_date'),
    notAfterReceipt('claim.admission_not_after_receipt', 'admission_date'),
    ...notNegative('claim', ...AMOUNTS, 'patient_responsibility_amount', 'length_of_stay'),
    {
      id: 'claim.frequency_code.values',
      kind: 'value-set',
      field: 'frequency_code',
      values: [
        '0',
        '1',
        '2',
        '3',
        '4',
        '5',
        '6',
        '7',
        '8',
        '9',
        'A',
        'B',
        'C',
        'D',
        'E',
        'F',
        'G',
        'H',
        'I',
        'J',
        'K',
        'M',
        'O',
        'P',
        'Q',
        'X',
        'Y',
        'Z',
      ],
      severity: 'warning',
    },
    {
      id: 'claim.admit_type_code.values',
      kind: 'value-set',
      field: 'admit_type_code',
      values: ['1', '2', '3', '4', '5', '9'],
      severity: 'warning',
    },
    { id: 'claim.admit_source_code.form', kind: 'pattern', field: 'admit_source_code', pattern: '[1-9A-F]', severity: 'warning' },
    {
      id: 'claim.discharge_disposition_code.form',
      kind: 'pattern',
      field: 'discharge_disposition_code',
      pattern: '[0-9]{1,2}',
      severity: 'warning',
    },
    { id: 'claim.drg_code.form', kind: 'pattern', field: 'drg_code', pattern: '[0-9]{3}(-?[0-4])?', severity: 'warning' },
    { id: 'claim.prior_claim_id.reference', kind: 'reference', field: 'prior_claim_id', to: 'claim_id', severity: 'info' },
    ...each(presentOnAdmission),
    ...each((i) => notAfterReceipt(`claim.procedure_date_${i}.not_after_receipt`, `procedure_date_${i}`)),
  ],
  claim_line: [
    ...identified('claim_line', 'claim_id', 'claim_line_number'),
    inOrder('claim_line.service_dates_in_order', 'claim_line_start_date', 'claim_line_end_date'),
    inOrder('claim_line.service_before_paid', 'claim_line_start_date', 'paid_date', 'warning'),
    notAfterReceipt('claim_line.start_not_after_receipt', 'claim_line_start_date'),
    notAfterReceipt('claim_line.dispensing_not_after_receipt', 'dispensing_date'),
    ...notNegative('claim_line', ...AMOUNTS, 'service_unit_quantity', 'quantity', 'refills', 'fill_number'),
    { id: 'claim_line.days_supply.plausible', kind: 'range', field: 'days_supply', min: 0, max: 366, severity: 'warning' },
    { id: 'claim_line.claim_line_number.positive', kind: 'range', field: 'claim_line_number', min: 0 },
    ...[1, 2, 3, 4, 5].map((i): GivenRule => ({
      id: `claim_line.hcpcs_modifier_${i}.form`,
      kind: 'pattern',
      field: `hcpcs_modifier_${i}`,
      pattern: '[0-9A-Z]{2}',
      severity: 'warning',
    })),
  ],
  coverage: [
    ...identified('coverage', 'patient_id'),
    inOrder('coverage.dates_in_order', 'enrollment_start_date', 'enrollment_end_date'),
    ...['part_a_months', 'part_b_months', 'hmo_months', 'part_d_months', 'dual_months'].map((field): GivenRule => ({
      id: `coverage.${field}.of_a_year`,
      kind: 'range',
      field,
      min: 0,
      max: 12,
    })),
  ],
  payer: [...identified('payer', 'payer_id'), { id: 'payer.payer_id.unique', kind: 'unique', fields: ['payer_id'], severity: 'warning' }],
};
