export * from './output.js';
export * from './registry.js';
