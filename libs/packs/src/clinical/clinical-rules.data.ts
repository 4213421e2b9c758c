import type { GivenRule } from '@attune/rules';

const notAfterReceipt = (id: string, field: string): GivenRule => ({
  id,
  kind: 'range',
  field,
  max: 'received_at',
  dimension: 'consistency',
  message: `${field} is not later than the receipt of the dataset.`,
});

const inOrder = (id: string, low: string, high: string, severity = 'error'): GivenRule => ({
  id,
  kind: 'order',
  fields: [low, high],
  severity,
});

const notNegative = (id: string, field: string): GivenRule => ({ id, kind: 'range', field, min: 0, severity: 'warning' });

const identified = (entity: string, ...fields: string[]): readonly GivenRule[] =>
  fields.map((field) => ({ id: `${entity}.${field}.required`, kind: 'required', field, severity: 'warning' }));

const once = (entity: string, field: string): GivenRule => ({
  id: `${entity}.${field}.unique`,
  kind: 'unique',
  fields: [field],
  severity: 'warning',
});

/** Rules of the clinical entities. Claims about time and identity that hold in every system; codes as received are not judged. */
export const clinicalRules: Readonly<Record<string, readonly GivenRule[]>> = {
  person: [
    ...identified('person', 'patient_id'),
    once('person', 'patient_id'),
    inOrder('death_not_before_birth', 'birth_date', 'death_date'),
    notAfterReceipt('birth_not_after_receipt', 'birth_date'),
    notAfterReceipt('death_not_after_receipt', 'death_date'),
    {
      id: 'death_flag_with_death_date',
      kind: 'expression',
      expression: 'if death_date is not null then death_flag',
      message: 'Who has a date of death is flagged as dead.',
    },
    { id: 'birth_not_before_1880', kind: 'range', field: 'birth_date', min: '1880-01-01', severity: 'warning' },
    { id: 'latitude_on_earth', kind: 'range', field: 'latitude', min: -90, max: 90 },
    { id: 'longitude_on_earth', kind: 'range', field: 'longitude', min: -180, max: 180 },
  ],
  provider: [
    ...identified('provider', 'provider_id'),
    once('provider', 'provider_id'),
    once('provider', 'npi'),
    notAfterReceipt('provider.birth_not_after_receipt', 'birth_date'),
    { id: 'provider.latitude_on_earth', kind: 'range', field: 'latitude', min: -90, max: 90 },
    { id: 'provider.longitude_on_earth', kind: 'range', field: 'longitude', min: -180, max: 180 },
    { id: 'provider.taxonomy_form', kind: 'pattern', field: 'taxonomy_code', pattern: '[0-9]{3}[0-9A-Z]{6}X', severity: 'warning' },
  ],
  encounter: [
    ...identified('encounter', 'encounter_id', 'patient_id'),
    once('encounter', 'encounter_id'),
    inOrder('encounter.dates_in_order', 'encounter_start_date', 'encounter_end_date'),
    notAfterReceipt('encounter.start_not_after_receipt', 'encounter_start_date'),
    notNegative('encounter.length_of_stay_not_negative', 'length_of_stay'),
    notNegative('encounter.charge_not_negative', 'charge_amount'),
    notNegative('encounter.allowed_not_negative', 'allowed_amount'),
    notNegative('encounter.paid_not_negative', 'paid_amount'),
  ],
  condition: [
    ...identified('condition', 'patient_id'),
    once('condition', 'condition_id'),
    inOrder('condition.onset_before_resolution', 'onset_date', 'resolved_date'),
    inOrder('condition.onset_not_after_record', 'onset_date', 'recorded_date', 'warning'),
    notAfterReceipt('condition.record_not_after_receipt', 'recorded_date'),
    notAfterReceipt('condition.onset_not_after_receipt', 'onset_date'),
  ],
  procedure_event: [
    ...identified('procedure_event', 'patient_id'),
    once('procedure_event', 'procedure_id'),
    inOrder('procedure_event.dates_in_order', 'procedure_date', 'procedure_end_date'),
    notNegative('procedure_event.quantity_not_negative', 'quantity'),
    notNegative('procedure_event.charge_not_negative', 'charge_amount'),
  ],
  observation: [
    ...identified('observation', 'patient_id'),
    once('observation', 'observation_id'),
    inOrder('observation.collected_before_result', 'collection_datetime', 'observation_date', 'warning'),
    notAfterReceipt('observation.not_after_receipt', 'observation_date'),
  ],
  medication: [
    ...identified('medication', 'patient_id'),
    once('medication', 'medication_id'),
    inOrder('medication.dates_in_order', 'start_date', 'end_date'),
    inOrder('medication.prescribed_before_dispensed', 'prescribing_date', 'dispensing_date', 'warning'),
    notAfterReceipt('medication.dispensing_not_after_receipt', 'dispensing_date'),
    notNegative('medication.quantity_not_negative', 'quantity'),
    { id: 'medication.days_supply_plausible', kind: 'range', field: 'days_supply', min: 0, max: 366, severity: 'warning' },
    notNegative('medication.refills_not_negative', 'refills'),
    notNegative('medication.dispense_count_not_negative', 'dispense_count'),
    notNegative('medication.paid_not_negative', 'paid_amount'),
    notNegative('medication.charge_not_negative', 'charge_amount'),
    { id: 'medication.rxnorm_form', kind: 'pattern', field: 'rxnorm_code', pattern: '[0-9]{1,8}', severity: 'warning' },
    {
      id: 'medication.atc_form',
      kind: 'pattern',
      field: 'atc_code',
      pattern: '[A-Z]([0-9]{2}([A-Z]([A-Z]([0-9]{2})?)?)?)?',
      severity: 'warning',
    },
  ],
  immunization: [
    ...identified('immunization', 'patient_id'),
    once('immunization', 'immunization_id'),
    notAfterReceipt('immunization.not_after_receipt', 'occurrence_date'),
    inOrder('immunization.before_expiry', 'occurrence_date', 'expiration_date', 'warning'),
    notNegative('immunization.charge_not_negative', 'charge_amount'),
  ],
};
