import type { Pack } from '../pack.js';
import { claimsRules } from './claims-rules.data.js';
import { claimLineSynonyms } from './claim-line-synonyms.data.js';
import { claimSynonyms } from './claim-synonyms.data.js';
import { coverageSynonyms } from './coverage-synonyms.data.js';
import { payerSynonyms } from './payer-synonyms.data.js';

/** Enrollment, payers, claims and their lines, as payers, CMS and billing systems send them. */
export const claims: Pack = {
  name: 'claims',
  title: 'Claims',
  entities: ['coverage', 'payer', 'claim', 'claim_line'],
  synonyms: [coverageSynonyms, payerSynonyms, claimSynonyms, claimLineSynonyms],
  rules: claimsRules,
};
