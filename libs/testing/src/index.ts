export * from './http-proxy.js';
export * from './postgres.js';
export * from './receivers.js';
export * from './redis.js';
export { S3Double } from './s3/s3-double.js';
export type { S3Fault, S3FaultKind, S3Operation } from './s3/s3-faults.js';
export * from './tcp-proxy.js';
