export * from './generation.js';
export type { Generator } from './generator.js';
export * from './registry.js';
export { SAMPLE_FORMATS, type SampleFormat } from './row-format.js';
export { type Fault, FAULTS, type Planted, type TruthCounts } from './truth.js';
