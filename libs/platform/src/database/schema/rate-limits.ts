import { EntitySchema } from 'typeorm';
import { bigint, integer, key, optional, SCHEMA, text, withDefault } from './columns.js';

/** Requests counted per key and window, once over all gateways; columns as rate-limiter-flexible has them. Unlogged. */
export const rateLimits = new EntitySchema({
  name: 'rate_limits',
  schema: SCHEMA,
  columns: { key: key('rate_limits', text()), points: withDefault(integer(), 0), expire: optional(bigint()) },
});
