export * from './claims/claims.js';
export * from './clinical/clinical.js';
export * from './pack.js';
export * from './registry.js';
