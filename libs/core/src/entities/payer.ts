import type { Entity } from '../entity.js';
import { essential, field } from './field.js';

/** Who pays for care. Follows FHIR Organization as payer and X12 NM1*PR. */
export const payer: Entity = {
  name: 'payer',
  plural: 'payers',
  fields: [
    essential('payer_id', 'identifier', 'The payer in the source system, or its electronic payer id.'),
    essential('name', 'text', 'Name of the payer.'),
    field('payer_type', 'text', 'Commercial, Medicare, Medicaid, private, government and the like, as received.'),
    field('naic_code', 'code', 'Number of the National Association of Insurance Commissioners.'),
    field('tin', 'identifier', 'Taxpayer identification number.'),
    field('parent_organization', 'text', 'Company that the payer belongs to.'),
    field('address', 'address-line', 'First line of the address, with the abbreviations of the USPS.'),
    field('address_2', 'address-line', 'Second line of the address, with the abbreviations of the USPS.'),
    field('city', 'city', 'City, in capitals.'),
    field('state', 'us-state', 'State or territory of the United States, USPS abbreviation.'),
    field('zip_code', 'postal-code', 'ZIP or ZIP+4.'),
    field('country', 'country', 'Country, two letters (ISO 3166-1 alpha-2).'),
    field('phone', 'phone', 'Telephone number, E.164.'),
    field('email', 'email', 'E-mail address.'),
  ],
};
