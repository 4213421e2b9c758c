import type { Entity } from '../entity.js';
import { essential, field, sourceCode, subject } from './field.js';

/** One result: laboratory, vital sign, survey. Names follow the Tuva input layer (observation, lab_result), meanings US Core Observation and HL7 v2 OBX. */
export const observation: Entity = {
  name: 'observation',
  plural: 'observations',
  fields: [
    field('observation_id', 'identifier', 'The observation in the source system.'),
    ...subject,
    field('encounter_id', 'identifier', 'The encounter it belongs to.'),
    field('panel_id', 'identifier', 'The panel or order it is part of, in the source system.'),
    field('accession_number', 'identifier', 'Number of the specimen or order in the laboratory.'),
    essential('observation_date', 'timestamp', 'When it was observed, or the result became known.', 'timestamp'),
    field('collection_datetime', 'timestamp', 'When the specimen was taken.', 'timestamp'),
    field('observation_type', 'text', 'Laboratory, vital signs, survey and the like, as received.'),
    ...sourceCode('observation'),
    field('loinc_code', 'loinc', 'LOINC, where the source sends it beside a code of its own.'),
    essential('result', 'text', 'The result as received: a number, a word, a text.'),
    field('result_type', 'text', 'Kind of result as received: numeric, text, coded (OBX-2).'),
    field('source_units', 'text', 'Unit as received.'),
    field('source_reference_range', 'text', 'Reference range as received.'),
    field('source_reference_range_low', 'text', 'Lower end of the reference range as received.'),
    field('source_reference_range_high', 'text', 'Upper end of the reference range as received.'),
    field('source_abnormal_flag', 'text', 'Whether it is abnormal, as received (HL7 0078).'),
    field('status', 'text', 'Preliminary, final, corrected and the like, as received.'),
    field('specimen', 'text', 'Kind of specimen as received.'),
    field('body_site', 'text', 'Body site as received.'),
    field('method', 'text', 'Method as received.'),
    field('source_order_code', 'code', 'Code of the order or panel as received.'),
    field('source_order_description', 'text', 'The order or panel in words.'),
    field('practitioner_id', 'identifier', 'Who observed, in the source system.'),
    field('ordering_practitioner_id', 'identifier', 'Who ordered it, in the source system.'),
    field('location_id', 'identifier', 'Laboratory or place, in the source system.'),
  ],
};
