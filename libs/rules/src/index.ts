export * from './define-rule.js';
export { fieldMeasures } from './drift/drift.js';
export { patternFault } from './pattern/linear-pattern.js';
export * from './registry.js';
export * from './rule-set.js';
