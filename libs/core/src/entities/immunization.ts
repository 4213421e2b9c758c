import type { Entity } from '../entity.js';
import { essential, field, sourceCode, subject } from './field.js';

/** A vaccine that was given, or was not for a reason. Names follow the Tuva input layer (immunization), meanings US Core Immunization and HL7 v2 RXA. */
export const immunization: Entity = {
  name: 'immunization',
  plural: 'immunizations',
  fields: [
    field('immunization_id', 'identifier', 'The immunization in the source system.'),
    ...subject,
    field('encounter_id', 'identifier', 'The encounter it belongs to.'),
    essential('occurrence_date', 'timestamp', 'When it was given.', 'timestamp'),
    ...sourceCode('vaccine'),
    field('cvx_code', 'cvx', 'CVX, where the source sends it beside a code of its own.'),
    field('ndc_code', 'ndc', 'National drug code, eleven digits.'),
    field('status', 'text', 'Completed, not done and the like, as received.'),
    field('status_reason', 'text', 'Why it was not given, as received.'),
    field('manufacturer', 'text', 'Manufacturer as received, by name or by MVX code.'),
    field('lot_number', 'identifier', 'Number of the lot.'),
    field('expiration_date', 'date', 'Last day the lot may be used.', 'date'),
    field('source_dose', 'text', 'Amount that was given, as received.'),
    field('dose_unit', 'text', 'Unit of the amount as received.'),
    field('dose_number', 'text', 'Which dose of a series it is, as received.'),
    field('body_site', 'text', 'Body site as received.'),
    field('route', 'text', 'Route of administration as received.'),
    field('location_id', 'identifier', 'Where it was given, in the source system.'),
    field('practitioner_id', 'identifier', 'Who gave it, in the source system.'),
    field('charge_amount', 'money', 'What was charged, in cents.', 'money'),
  ],
};
