export { CLEAN_CONTROLS, CLEAN_NULL, CLEAN_NULL_CONTROLS, CLEAN_VALUE, Cleaner } from './clean/cleaner.js';
export { DEFAULT_NULL_TOKENS } from './clean/null-tokens.js';
export { defineStandardizer } from './define-standardizer.js';
export { compileStandardizer, findStandardizer, standardizers, type CompiledStandardizer } from './registry.js';
