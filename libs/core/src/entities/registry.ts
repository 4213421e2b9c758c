import type { Entity } from '../entity.js';
import { person } from './person.js';

/** Every entity of the canonical model that exists. */
export const entities: readonly Entity[] = [person];

export function findEntity(name: string): Entity | undefined {
  return entities.find((entity) => entity.name === name);
}
