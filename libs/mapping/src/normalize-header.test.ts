import fc from 'fast-check';
import { headerKey, normalizeHeader } from './normalize-header.js';

describe('normalizeHeader', () => {
  test.each([
    ['first_name', ['first', 'name']],
    ['FirstName', ['first', 'name']],
    [' First-Name ', ['first', 'name']],
    ['PATIENT.FirstName', ['patient', 'first', 'name']],
    ['LName', ['l', 'name']],
    ['SSNumber', ['ss', 'number']],
    ['BENE_1ST_NAME', ['beneficiary', 'first', 'name']],
    ['MBR_BRTH_DT', ['member', 'birth', 'date']],
    ['address1', ['address', '1']],
    ['PID-5.1', ['pid', '5', '1']],
    ['name[0].given[1]', ['name', 'given', 'element', '1']],
    ['name.0.family', ['name', 'family']],
    ['Prénom', ['prenom']],
    ["Mother's Maiden Name", ['mothers', 'maiden', 'name']],
    ['DOB (MM/DD/YYYY)', ['dob']],
    ['Sex (M/F)', ['sex']],
    ['Member #', ['member', 'number']],
    ['', []],
    ['___', []],
  ])('%j has the words %j', (header, words) => {
    expect(normalizeHeader(header)).toEqual(words);
  });

  test('one name has one key, however it is written', () => {
    for (const header of ['first_name', 'FirstName', 'FIRSTNAME', 'First Name', 'firstname', 'first.name']) {
      expect(headerKey(normalizeHeader(header))).toBe('firstname');
    }
  });

  test('a component of a segment is not a segment of another number', () => {
    expect(headerKey(normalizeHeader('PID.3.1'))).not.toBe(headerKey(normalizeHeader('PID.31')));
  });

  test('words are stable: a header made of words has these words', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (header) => {
        const words = normalizeHeader(header);
        expect(normalizeHeader(words.join(' '))).toEqual(words);
      }),
    );
  });
});
