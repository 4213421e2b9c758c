import type { Entity } from '../entity.js';
import { claim } from './claim.js';
import { claimLine } from './claim-line.js';
import { condition } from './condition.js';
import { coverage } from './coverage.js';
import { encounter } from './encounter.js';
import { immunization } from './immunization.js';
import { medication } from './medication.js';
import { observation } from './observation.js';
import { payer } from './payer.js';
import { person } from './person.js';
import { procedureEvent } from './procedure-event.js';
import { provider } from './provider.js';

/** Every entity of the canonical model that exists. */
export const entities: readonly Entity[] = [
  person,
  coverage,
  provider,
  payer,
  claim,
  claimLine,
  encounter,
  condition,
  procedureEvent,
  observation,
  medication,
  immunization,
];

export function findEntity(name: string): Entity | undefined {
  return entities.find((entity) => entity.name === name);
}
