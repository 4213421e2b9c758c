export * from './duckdb.js';
export * from './sql.js';
