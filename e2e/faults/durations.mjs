/**
 * How long each fault lasts: its full length (jobs.md, section 8), and the least that still makes it one. `least` stands where a shorter fault
 * would be another fault: a worker that stands still for less than its lease (8 s) is no zombie.
 */
const LENGTHS = {
  'a service is killed again and again': { full: 300_000, least: 15_000 },
  'a worker stands still': { full: 45_000, least: 12_000 },
  'Redis is down': { full: 600_000, least: 12_000 },
  'sessions of the database are ended': { full: 60_000, least: 8_000 },
  'all connections of the database are taken': { full: 30_000, least: 6_000 },
  'the disk of Postgres is full': { full: 60_000, least: 8_000 },
  'a transaction stays open': { full: 1_800_000, least: 10_000 },
  'errors of serialization': { full: 60_000, least: 8_000 },
  'the scratch directory is full': { full: 60_000, least: 6_000 },
  'a way is cut': { full: 45_000, least: 12_000 },
  'all ways are slow': { full: 120_000, least: 10_000 },
  'a clock is wrong': { full: 60_000, least: 8_000 },
  'tickets are late': { full: 60_000, least: 6_000 },
  'a dependency is down': { full: 60_000, least: 10_000 },
  'slow clients': { full: 120_000, least: 10_000 },
  'the log disk is full': { full: 60_000, least: 6_000 },
  'objects are bad': { full: 60_000, least: 6_000 },
  'objects are down': { full: 600_000, least: 10_000 },
  soak: { full: 7_200_000, least: 60_000 },
};

/** Milliseconds that a fault lasts at a scale: 1 is its full length. */
export function lengthOf(fault, scale) {
  const { full, least } = LENGTHS[fault];
  return Math.max(least, full * scale);
}

/** Each kind of fault with its length at the scale. */
export const lengths = (scale) => Object.keys(LENGTHS).map((fault) => [fault, lengthOf(fault, scale)]);
