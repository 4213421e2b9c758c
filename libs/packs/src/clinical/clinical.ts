import type { Pack } from '../pack.js';
import { personSynonyms } from './person-synonyms.js';

/** Persons and their care, as health records, payers and research models send them. */
export const clinical: Pack = {
  name: 'clinical',
  title: 'Clinical',
  entities: ['person'],
  synonyms: [personSynonyms],
};
