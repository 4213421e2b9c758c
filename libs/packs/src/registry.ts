import type { Synonyms } from '@attune/mapping';
import type { GivenRule } from '@attune/rules';
import { claims } from './claims/claims.js';
import { clinical } from './clinical/clinical.js';
import type { Pack } from './pack.js';

/** Every pack that exists. */
export const packs: readonly Pack[] = [clinical, claims];

export function findPack(name: string): Pack | undefined {
  return packs.find((pack) => pack.name === name);
}

/** The synonyms of an entity, from the pack it belongs to; undefined for an entity no pack speaks of. */
export function findSynonyms(entity: string): Synonyms | undefined {
  return packs.flatMap((pack) => pack.synonyms).find((synonyms) => synonyms.entity === entity);
}

/** The rules that an entity's records are judged by unless a job says otherwise. */
export function findRules(entity: string): readonly GivenRule[] {
  return packs.flatMap((pack) => pack.rules[entity] ?? []);
}
