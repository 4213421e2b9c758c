import type { Pack } from '../pack.js';
import { clinicalRules } from './clinical-rules.data.js';
import { conditionSynonyms } from './condition-synonyms.data.js';
import { encounterSynonyms } from './encounter-synonyms.data.js';
import { immunizationSynonyms } from './immunization-synonyms.data.js';
import { medicationSynonyms } from './medication-synonyms.data.js';
import { observationSynonyms } from './observation-synonyms.data.js';
import { personSynonyms } from './person-synonyms.js';
import { procedureEventSynonyms } from './procedure-event-synonyms.data.js';
import { providerSynonyms } from './provider-synonyms.data.js';

/** Persons, those who care for them and their care, as health records, payers and research models send them. */
export const clinical: Pack = {
  name: 'clinical',
  title: 'Clinical',
  entities: ['person', 'provider', 'encounter', 'condition', 'procedure_event', 'observation', 'medication', 'immunization'],
  synonyms: [
    personSynonyms,
    providerSynonyms,
    encounterSynonyms,
    conditionSynonyms,
    procedureEventSynonyms,
    observationSynonyms,
    medicationSynonyms,
    immunizationSynonyms,
  ],
  rules: clinicalRules,
};
