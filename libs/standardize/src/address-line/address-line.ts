import { finding } from '@attune/core';
import { defineStandardizer } from '../define-standardizer.js';
import { addressLineKernel } from './address-line-kernel.js';
import { AddressLineOptions } from './address-line-options.js';
import { readAddressLine } from './address-line-reference.js';

/**
 * Lines of an address of the United States as the USPS writes them (USPS Publication 28), in capitals; the option `letters` keeps those
 * received. Behind the number of a house the last word is abbreviated when it is a street suffix (section 234, appendix C1), and so are
 * a direction behind it and one before the name (section 233), unless it makes a name with the word that follows: West End, North
 * Shore. Designators of units are abbreviated where a number or letter follows (section 213, appendix C2). PO BOX (section 28) and RR
 * (section 24) have one form each. Commas and dots count for nothing (section 222), nor does `#` behind a word that announces a number.
 * Everything else stays: a line without the number of a house is no street that is sure.
 */
export const addressLine = defineStandardizer({
  name: 'address-line',
  produces: 'text',
  description: 'A line of an address with the abbreviations of the USPS, in capitals.',
  options: AddressLineOptions,
  findings: ['address_line.invalid'],
  examples: [
    ['12 Elm Street', '12 ELM ST'],
    ['12 elm st.', '12 ELM ST'],
    ['12 Elm Street, Apartment 3B', '12 ELM ST APT 3B'],
    ['12 Elm St Apt #3', '12 ELM ST APT 3'],
    ['12 Elm St #3', '12 ELM ST # 3'],
    ['100 North Main Street', '100 N MAIN ST'],
    ['100 Main Street Northwest', '100 MAIN ST NW'],
    ['100 N.W. 5th Avenue, Suite 200', '100 NW 5TH AVE STE 200'],
    ['100 West End Avenue', '100 WEST END AVE'],
    ['100 North Avenue', '100 NORTH AVE'],
    ['100 North Shore Drive', '100 NORTH SHORE DR'],
    ['350 Avenue of the Americas', '350 AVENUE OF THE AMERICAS'],
    ['12 1/2 Mill Creek Road', '12 1/2 MILL CREEK RD'],
    ['12 Broadway', '12 BROADWAY'],
    ['12 Court', '12 COURT'],
    ['39.2 Old Pike Road', '39.2 OLD PIKE RD'],
    ['P.O. Box 123', 'PO BOX 123'],
    ['post office box #12', 'PO BOX 12'],
    ['POB 7', 'PO BOX 7'],
    ['Rural Route 2, Box 18', 'RR 2 BOX 18'],
    ['Suite 400', 'STE 400'],
    ['Mercy Medical Center', 'MERCY MEDICAL CENTER'],
    ['12 Calle Peñón', '12 CALLE PEÑÓN'],
    ['12 Pen\u0303a Lane', '12 PEÑA LN'],
    ['１２　Ｅｌｍ　Ｓｔｒｅｅｔ', '12 ELM ST'],
    ['רחוב הרצל 5\u200f', 'רחוב הרצל 5'],
    ['#', finding('address_line.invalid')],
    ['., -', finding('address_line.invalid')],
    ['\u200e', finding('address_line.invalid')],
  ],
  kernel: addressLineKernel,
  reference: readAddressLine,
});
