import { findEntity, type Entity } from '@attune/core';
import { headerKey, normalizeHeader, suggestMapping, type Synonym } from '@attune/mapping';
import { findPack, findSynonyms, packs } from '../registry.js';
import { personSynonyms } from './person-synonyms.js';

const entity = findEntity('person') as Entity;
const nameOf = (synonym: Synonym): string => (typeof synonym === 'string' ? synonym : synonym.name);
const keyOf = (name: string): string => headerKey(normalizeHeader(name));

/** Header -> field of what the headers alone decide. */
function suggested(names: readonly string[]): Record<string, string> {
  const columns = names.map((name, ordinal) => ({ ordinal, name }));
  const { fields } = suggestMapping({ entity, synonyms: personSynonyms, columns, profile: { records: 0, columns: [] } });
  return Object.fromEntries(fields.map(({ field, from }) => [from[0]!.name, field]));
}

/** A table that is surely about persons, so that nothing else keeps a header from being taken. */
const PERSON = ['patient_id', 'first_name', 'last_name', 'birth_date'];
const beside = (name: string): string | undefined => suggested([...PERSON, name])[name];

describe('the pack', () => {
  test('it is found by its name, and its synonyms by the entity', () => {
    expect(findPack('clinical')?.entities).toContain('person');
    expect(findPack('astrology')).toBeUndefined();
    expect(findSynonyms('person')).toBe(personSynonyms);
    expect(packs.flatMap((pack) => pack.entities).every((name) => findSynonyms(name) !== undefined)).toBe(true);
  });

  test('every list names fields that the entity has', () => {
    const known = new Set(entity.fields.map(({ name }) => name));
    const { names, place, coded, evidence, shared, ownEvidence, filledLater } = personSynonyms;
    const withs = Object.values(names).flatMap((list) =>
      list.flatMap((synonym) => (typeof synonym === 'string' ? [] : (synonym.with ?? []).flat())),
    );
    for (const field of [...Object.keys(names), ...place, ...coded, ...evidence, ...shared, ...ownEvidence, ...filledLater, ...withs]) {
      expect([field, known.has(field)]).toEqual([field, true]);
    }
  });

  test('no synonym stands for two fields, or twice for one, or is the name of another field', () => {
    const owners = new Map<string, string>();
    const clashes: string[] = [];
    for (const [field, list] of Object.entries(personSynonyms.names)) {
      for (const synonym of list) {
        const key = keyOf(nameOf(synonym));
        const owner =
          owners.get(key) ?? entity.fields.find(({ name }) => keyOf(name) === key && !personSynonyms.filledLater.includes(name))?.name;
        if (owner !== undefined) clashes.push(`${nameOf(synonym)}: ${owner}, ${field}`);
        owners.set(key, field);
      }
    }
    expect(clashes).toEqual([]);
  });
});

describe('headers of somebody or something else', () => {
  test.each([
    'provider_first_name',
    'guarantor_phone',
    'emergency_contact_name',
    'employer_state',
    'mother_maiden_name',
    "Mother's Maiden Name",
    'subscriber_ssn',
    'billing_zip',
    'birth_state',
    'birthplace',
    'place_of_birth',
    'city_of_birth',
    'preferred_first_name',
    'gender_identity',
    'gender_concept_id',
    'race_concept_id',
    'year_of_birth',
    'ssn_last4',
    'zip4',
    'phone_type',
    'phone_extension',
    'fax',
    'address_type',
    'county_fips',
    'last_visit',
    'last_name_soundex',
    'birth_weight',
    'race_id',
    'spouse_dob',
    'NK1.2.1',
    'contact[0].name.family',
    'name',
    'id',
    'code',
    'date',
    'number',
    'status',
    'type',
    'rec_id',
    'soc_sec_id',
    'subscriber_id',
    'SEX_C',
  ])('%s is no field of the person', (name) => {
    expect(beside(name)).toBeUndefined();
  });
});

describe('headers as exports write them', () => {
  test.each([
    ['Middle Initial', 'middle_name'],
    ['Patient.Gender', 'sex'],
    ['MBR_SEX_CD', 'sex'],
    ['BENE_DEATH_DT', 'death_date'],
    ['gender_source_value', 'sex'],
    ['PID.8', 'sex'],
    ['address[0].postalCode', 'zip_code'],
    ['address[0].line[1]', 'address_2'],
    ['Member Home Address Line 1', 'address'],
    ['PT_ZIP_CD', 'zip_code'],
    ['E-Mail', 'email'],
    ['HmPhone', 'phone'],
    ['Phone #', 'phone'],
    ['Social Security No.', 'social_security_number'],
    ['MaritalStatus', 'marital_status'],
    ['preferred_language', 'language'],
    ['deceasedBoolean', 'death_flag'],
    ['maiden_name', 'prior_last_name'],
    ['lng', 'longitude'],
  ])('%s is %s', (name, field) => {
    expect(beside(name)).toBe(field);
  });

  test('the person of the source is the patient id: its own number first, then that of the payer', () => {
    expect(suggested(['person_id', 'patient_id'])).toEqual({ patient_id: 'patient_id' });
    expect(suggested(['person_id', 'member_id', 'subscriber_id'])).toEqual({ person_id: 'patient_id' });
    expect(suggested(['PatNum', 'ChartNumber'])).toEqual({ PatNum: 'patient_id' });
    expect(suggested(['Member ID', 'Group Number'])).toEqual({ 'Member ID': 'patient_id' });
  });

  test('the person table of OMOP gives its source values and never its concepts', () => {
    const names =
      'person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth,birth_datetime,race_concept_id,ethnicity_concept_id,location_id,provider_id,care_site_id,person_source_value,gender_source_value,gender_source_concept_id,race_source_value,race_source_concept_id,ethnicity_source_value,ethnicity_source_concept_id';
    expect(suggested(names.split(','))).toEqual({
      person_id: 'patient_id',
      birth_datetime: 'birth_date',
      gender_source_value: 'sex',
      race_source_value: 'race',
      ethnicity_source_value: 'ethnicity',
    });
  });

  test('a directory of providers and a list of payers give nothing', () => {
    expect(suggested(['Id', 'ORGANIZATION', 'NAME', 'GENDER', 'SPECIALITY', 'ADDRESS', 'CITY', 'STATE', 'ZIP', 'LAT', 'LON'])).toEqual({});
    expect(suggested(['PRVDR_SK', 'PRVDR_1ST_NAME', 'PRVDR_MDL_NAME', 'PRVDR_LAST_NAME', 'PRVDR_CITY'])).toEqual({});
    expect(suggested(['MD_ID', 'MD_FIRST_NAME', 'MD_LAST_NAME', 'MD_CITY'])).toEqual({});
    expect(suggested(['npi', 'first_name', 'last_name', 'gender', 'phone', 'address', 'city', 'state', 'zip'])).toEqual({});
    expect(suggested(['Id', 'NAME', 'ADDRESS', 'CITY', 'STATE_HEADQUARTERED', 'ZIP', 'PHONE'])).toEqual({});
  });
});
