import type { Synonyms } from '@attune/mapping';
import type { GivenRule } from '@attune/rules';

/** What is known of one domain: data only, over the entities of core. */
export interface Pack {
  readonly name: string;
  readonly title: string;
  /** Names of the entities that the pack speaks of; an entity belongs to one pack. */
  readonly entities: readonly string[];
  readonly synonyms: readonly Synonyms[];
  /** Rules by the entity whose records they judge. */
  readonly rules: Readonly<Record<string, readonly GivenRule[]>>;
}
