import type { Entity } from '../entity.js';
import { field } from './field.js';

/** A human being as one source knows them. Column names follow the Tuva input layer (patient), meanings FHIR R4 US Core Patient. */
export const person: Entity = {
  name: 'person',
  plural: 'persons',
  fields: [
    field('person_id', 'identifier', 'Golden person; empty unless a column is mapped to it.'),
    field('patient_id', 'identifier', 'The person in the source system.', 'text', true),
    field('first_name', 'person-name', 'Given name.', 'text', true),
    field('middle_name', 'person-name', 'Middle name or initial.'),
    field('last_name', 'person-name', 'Family name.', 'text', true),
    field('name_suffix', 'person-name', 'Jr, Sr, II, III, MD and the like.'),
    field('prior_last_name', 'person-name', 'Maiden or former family name.'),
    field('birth_date', 'date', 'Date of birth.', 'date', true),
    field('death_date', 'date', 'Date of death.', 'date'),
    field('death_flag', 'boolean', 'Whether the person is known to have died.', 'boolean'),
    field('sex', 'sex', 'Administrative sex: male, female, other, unknown (FHIR administrative-gender).', 'text', true),
    field('race', 'race', 'Race: the code of an OMB category (CDC Race and Ethnicity).'),
    field('ethnicity', 'ethnicity', 'Hispanic or Latino (2135-2) or not (2186-5), or why that is not known (CDC Race and Ethnicity).'),
    field('marital_status', 'marital-status', 'Marital status (HL7 version 3 MaritalStatus).'),
    field('language', 'language', 'Preferred language, a tag of BCP 47.'),
    field('address', 'address-line', 'First line of the address, with the abbreviations of the USPS.'),
    field('address_2', 'address-line', 'Second line of the address, with the abbreviations of the USPS.'),
    field('city', 'city', 'City, in capitals.'),
    field('state', 'us-state', 'State or territory of the United States, USPS abbreviation.'),
    field('zip_code', 'postal-code', 'ZIP or ZIP+4.'),
    field('county', 'text', 'County.'),
    field('country', 'country', 'Country, two letters (ISO 3166-1 alpha-2).'),
    field('latitude', 'decimal', 'Degrees north.', 'decimal'),
    field('longitude', 'decimal', 'Degrees east.', 'decimal'),
    field('phone', 'phone', 'Telephone number, E.164.'),
    field('email', 'email', 'E-mail address.'),
    field('social_security_number', 'ssn', 'Social security number, digits with hyphens.'),
  ],
};
