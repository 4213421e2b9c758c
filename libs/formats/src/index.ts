export type { ByteAccount, RejectedRecord } from './delimited/account.js';
export type { Batch } from './delimited/batch.js';
export { detectDelimited, type DelimitedSample } from './delimited/detect.js';
export { MAX_COLUMNS, type TextLimits } from './delimited/limits.js';
export { DelimitedReader } from './delimited/reader.js';
