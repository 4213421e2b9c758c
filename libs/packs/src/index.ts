export * from './clinical/clinical.js';
export * from './pack.js';
export * from './registry.js';
