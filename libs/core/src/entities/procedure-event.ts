import type { Entity } from '../entity.js';
import { essential, field, numbered, sourceCode, subject } from './field.js';

/** Something that was done to a patient. Names follow the Tuva input layer (procedure), meanings US Core Procedure and HL7 v2 PR1. */
export const procedureEvent: Entity = {
  name: 'procedure_event',
  plural: 'procedure_events',
  fields: [
    field('procedure_id', 'identifier', 'The procedure in the source system.'),
    ...subject,
    field('encounter_id', 'identifier', 'The encounter it was done in.'),
    field('claim_id', 'identifier', 'The claim it is on.'),
    field('practitioner_id', 'identifier', 'Who did it, in the source system.'),
    field('practitioner_npi', 'npi', 'NPI of who did it.'),
    field('location_id', 'identifier', 'Where it was done, in the source system.'),
    essential('procedure_date', 'timestamp', 'When it was done, or began.', 'timestamp'),
    field('procedure_end_date', 'timestamp', 'When it was over.', 'timestamp'),
    field('status', 'text', 'State of the procedure as received.'),
    field('procedure_type', 'text', 'Category of the procedure as received.'),
    ...sourceCode('procedure'),
    ...numbered(5, 'modifier', 'code', 'Modifier'),
    field('quantity', 'decimal', 'How often or how many.', 'decimal'),
    field('body_site', 'text', 'Body site as received.'),
    field('reason_code', 'code', 'Why it was done, whatever the code system.'),
    field('reason_description', 'text', 'Why it was done, in words.'),
    field('charge_amount', 'money', 'What was charged, in cents.', 'money'),
  ],
};
