export * from './postgres.js';
export * from './redis.js';
export * from './tcp-proxy.js';
