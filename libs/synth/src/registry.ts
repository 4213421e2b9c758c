import type { Generator } from './generator.js';
import { members } from './person/members.js';

/** Every generator that exists. */
export const generators: readonly Generator[] = [members];
