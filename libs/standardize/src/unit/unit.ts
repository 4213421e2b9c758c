import { z } from 'zod';
import { finding } from '@attune/core';
import { readWords } from '../ascii/words.js';
import { defineStandardizer } from '../define-standardizer.js';
import { readFolded } from '../folding/read-folded.js';
import { IGNORED_IN_UNITS, UNITS } from './ucum-units.data.js';

const words = readWords({ ucum: UNITS }, 'unit.unknown', IGNORED_IN_UNITS);

/** Kernel and reference of units alone, for standardizers that find a unit in a value. */
export const unitReader = words;

/**
 * Units of measure as codes of UCUM (The Unified Code for Units of Measure, case sensitive form), read from the codes and from what
 * laboratories, devices and prescriptions write instead. Capitals and small letters tell no unit of the list from another, so they make
 * no difference here: MG/DL is mg/dL, because nothing in a patient is measured in megagrams. A unit that is not in the list is refused.
 */
export const unit = readFolded(
  defineStandardizer({
    name: 'unit',
    produces: 'text',
    description: 'A unit of measure as its UCUM code.',
    options: z.strictObject({}),
    findings: ['unit.unknown'],
    examples: [
      ['mg/dl', 'mg/dL'],
      ['MG/DL', 'mg/dL'],
      ['mg/dL', 'mg/dL'],
      ['mcg', 'ug'],
      ['µg/L', 'ug/L'],
      ['μg/L', 'ug/L'],
      ['K/uL', '10*3/uL'],
      ['x10E3/uL', '10*3/uL'],
      ['10*3/uL', '10*3/uL'],
      ['mmHg', 'mm[Hg]'],
      ['kg/m²', 'kg/m2'],
      ['mL/min/1.73m2', 'mL/min/{1.73_m2}'],
      ['°F', '[degF]'],
      ['lbs.', '[lb_av]'],
      ['ｍｇ', 'mg'],
      ['%', '%'],
      ['furlong', finding('unit.unknown')],
      ['mg/', finding('unit.unknown')],
      ['mg dL', finding('unit.unknown')],
      ['12', finding('unit.unknown')],
    ],
    kernel: () => words.kernel('ucum'),
    reference: (value) => words.reference(value, 'ucum'),
  }),
);
