import type { Entity } from '../entity.js';
import { essential, field, sourceCode, subject } from './field.js';

/** A diagnosis or problem. Names follow the Tuva input layer (condition), meanings US Core Condition and HL7 v2 DG1. */
export const condition: Entity = {
  name: 'condition',
  plural: 'conditions',
  fields: [
    field('condition_id', 'identifier', 'The condition in the source system.'),
    ...subject,
    field('encounter_id', 'identifier', 'The encounter it was noted in.'),
    field('claim_id', 'identifier', 'The claim it was noted on.'),
    field('practitioner_id', 'identifier', 'Who noted it, in the source system.'),
    field('recorded_date', 'timestamp', 'When it was noted.', 'timestamp'),
    essential('onset_date', 'timestamp', 'When it began.', 'timestamp'),
    field('resolved_date', 'timestamp', 'When it ended.', 'timestamp'),
    field('status', 'text', 'Active, resolved and the like, as received.'),
    field('verification_status', 'text', 'Confirmed, provisional, refuted and the like, as received.'),
    field('condition_type', 'text', 'Problem, encounter or discharge diagnosis and the like, as received.'),
    ...sourceCode('condition'),
    field('severity', 'text', 'Severity as received.'),
    field('condition_rank', 'integer', 'Place among the diagnoses of the encounter, 1 being the first.', 'integer'),
    field('present_on_admit_code', 'code', 'Present on admission (NUBC).'),
    field('present_on_admit_description', 'text', 'Present on admission in words.'),
    field('stop_reason', 'text', 'Why it is no longer noted, as received.'),
  ],
};
