export * from './accept-mapping.js';
export * from './assess-columns.js';
export * from './assessment.js';
export * from './normalize-header.js';
export * from './suggest-mapping.js';
export type { Synonym, Synonyms } from './synonyms.js';
export { indexNames } from './synonyms.js';
