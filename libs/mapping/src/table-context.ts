import type { Assessment } from './assessment.js';
import { headerKey } from './normalize-header.js';
import type { Synonyms } from './synonyms.js';

/** What the other columns make of an ambiguous name. */
const LIFTED = 0.955;
const LOWERED = 0.9;
/** A companion need not be sure itself: `first` and `last` lend each other certainty. */
const COMPANION = 0.8;
/** Names below this are not made sure by their values. */
const VALUES_LIFT = 0.85;
const DISPLACED_LEAST = 3;
const DISPLACED_SHARE = 0.3;

const round = (confidence: number): number => Math.round(confidence * 1000) / 1000;

const lowered = (assessment: Assessment, reason: string): Assessment => ({
  ...assessment,
  confidence: Math.min(assessment.confidence, LOWERED),
  reasons: [...assessment.reasons, reason],
});

function liftByCompanions(all: readonly Assessment[], synonyms: Synonyms): readonly Assessment[] {
  const events = all.some(({ words }) => words.some((word) => synonyms.events.includes(word)));
  const present = new Map<string, number>();
  for (const { name, fits, confidence } of all) {
    if (name !== undefined && fits && confidence >= COMPANION) present.set(name.field, (present.get(name.field) ?? 0) + 1);
  }
  return all.map((assessment) => {
    const { name, fits } = assessment;
    if (name === undefined || !fits || name.with.length === 0 || (name.ofTable && events)) return assessment;
    const others = (field: string): boolean => {
      const count = present.get(field) ?? 0;
      return count > (assessment.confidence >= COMPANION && field === name.field ? 1 : 0);
    };
    const companions = name.with.find((fields) => fields.every(others));
    if (companions === undefined) return assessment;
    return {
      ...assessment,
      confidence: Math.max(assessment.confidence, LIFTED),
      reasons: [...assessment.reasons, `Other columns stand for ${companions.join(' and ')}.`],
    };
  });
}

/** A name that is nearly sure, over values that hardly anything else looks like. */
function liftByValues(all: readonly Assessment[], synonyms: Synonyms): readonly Assessment[] {
  return all.map((assessment) => {
    const { name, supported, fits, confidence, words } = assessment;
    if (name === undefined || !supported || !fits || confidence < VALUES_LIFT || confidence >= LIFTED) return assessment;
    if (words.some((word) => synonyms.others.includes(word))) return assessment;
    return { ...assessment, confidence: LIFTED, reasons: [...assessment.reasons, 'Hardly anything else has values of this form.'] };
  });
}

/**
 * Where many headers stand over values that are plainly something else, the header row is displaced or belongs to another file:
 * then a header proves nothing, not even over values that happen to fit.
 */
function distrustDisplaced(all: readonly Assessment[], sure: number): readonly Assessment[] {
  const judged = all.filter(({ name, empty }) => name !== undefined && name.confidence >= sure && !empty);
  const displaced = judged.filter(({ fits, looksLike }) => !fits && looksLike !== undefined).length;
  if (displaced < DISPLACED_LEAST || displaced < judged.length * DISPLACED_SHARE) return all;
  const reason = `${displaced} headers of the table name what their values are not: the header row may be displaced.`;
  return all.map((assessment) => (assessment.name === undefined ? assessment : { ...lowered(assessment, reason), fits: false }));
}

/**
 * Where a header stands over values that are not its own, its values may lie under another header: a column whose name takes any
 * form, but whose values look like those that are missing elsewhere, is not sure.
 */
function distrustSwapped(all: readonly Assessment[], sure: number): readonly Assessment[] {
  const missing = new Set(
    all
      .filter(({ name, fits, empty }) => name !== undefined && name.confidence >= sure && !fits && !empty)
      .map(({ standardizer }) => standardizer),
  );
  if (missing.size === 0) return all;
  return all.map((assessment) => {
    const { name, fits, standardizer, looksLike } = assessment;
    if (name === undefined || !fits || looksLike === undefined || looksLike === standardizer || !missing.has(looksLike)) return assessment;
    return { ...lowered(assessment, `The values look like those of ${looksLike} that another header promises.`), fits: false };
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
  const trusted = distrustSwapped(distrustDisplaced(all, sure), sure);
  const lifted = liftByCompanions(liftByValues(trusted, synonyms), synonyms);
  const placed = keepOnePlace(lifted, synonyms, sure);
  return requireEvidence(placed, synonyms, sure).map((assessment) => ({ ...assessment, confidence: round(assessment.confidence) }));
}
