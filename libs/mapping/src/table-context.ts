import type { Assessment } from './assessment.js';
import { headerKey } from './normalize-header.js';
import type { Synonyms } from './synonyms.js';

/** What the other columns make of an ambiguous name. */
const LIFTED = 0.955;
const LOWERED = 0.9;
/** A companion need not be sure itself: `first` and `last` lend each other certainty. */
const COMPANION = 0.8;

const round = (confidence: number): number => Math.round(confidence * 1000) / 1000;

const lowered = (assessment: Assessment, reason: string): Assessment => ({
  ...assessment,
  confidence: Math.min(assessment.confidence, LOWERED),
  reasons: [...assessment.reasons, reason],
});

function liftByCompanions(all: readonly Assessment[], synonyms: Synonyms): readonly Assessment[] {
  const events = all.some(({ words }) => words.some((word) => synonyms.events.includes(word)));
  return all.map((assessment) => {
    const { name, fits } = assessment;
    if (name === undefined || !fits || name.with.length === 0 || (name.ofTable && events)) return assessment;
    const others = new Set(
      all.filter((other) => other !== assessment && other.fits && other.confidence >= COMPANION).map((other) => other.name!.field),
    );
    const companions = name.with.find((fields) => fields.every((field) => others.has(field)));
    if (companions === undefined) return assessment;
    return {
      ...assessment,
      confidence: Math.max(assessment.confidence, LIFTED),
      reasons: [...assessment.reasons, `Other columns stand for ${companions.join(' and ')}.`],
    };
  });
}

/** A place is one place: the mailing city is not taken beside the home state. */
function keepOnePlace(all: readonly Assessment[], synonyms: Synonyms, sure: number): readonly Assessment[] {
  const inPlace = (assessment: Assessment): boolean => assessment.name !== undefined && synonyms.place.includes(assessment.name.field);
  const hasMain = all.some((assessment) => inPlace(assessment) && assessment.name!.choice !== 'second' && assessment.confidence >= sure);
  if (!hasMain) return all;
  return all.map((assessment) =>
    inPlace(assessment) && assessment.name!.choice === 'second'
      ? lowered(assessment, 'Another place of the table is the main one.')
      : assessment,
  );
}

/** A table that nothing shows to be about the entity keeps its addresses and telephones; one about others keeps everything. */
function requireEvidence(all: readonly Assessment[], synonyms: Synonyms, sure: number): readonly Assessment[] {
  const has = (fields: readonly string[]): boolean =>
    all.some(({ name, confidence }) => name !== undefined && confidence >= sure && fields.includes(name.field));
  const aboutOthers = all.some(({ words }) => synonyms.otherTables.includes(headerKey(words))) && !has(synonyms.ownEvidence);
  const evident = has(synonyms.evidence);
  return all.map((assessment) => {
    if (assessment.name === undefined) return assessment;
    if (aboutOthers) return lowered(assessment, `The table seems not to be about a ${synonyms.entity}.`);
    if (!evident && synonyms.shared.includes(assessment.name.field))
      return lowered(assessment, `Nothing shows that the table is about a ${synonyms.entity}.`);
    return assessment;
  });
}

/** Looks at each column again in the light of the others. */
export function judgeTable(all: readonly Assessment[], synonyms: Synonyms, sure: number): readonly Assessment[] {
  const lifted = liftByCompanions(all, synonyms);
  const placed = keepOnePlace(lifted, synonyms, sure);
  return requireEvidence(placed, synonyms, sure).map((assessment) => ({ ...assessment, confidence: round(assessment.confidence) }));
}
