import { z } from 'zod';
import { openEnum } from './open-enum.js';

const TYPES = ['text', 'date', 'timestamp', 'boolean', 'integer', 'decimal', 'money'] as const;

/** One field of an entity. */
export const SchemaField = z.object({
  name: z.string(),
  /** Money is in cents; text, decimal and timestamp are text. */
  type: openEnum(TYPES),
  standardizer: z.string(),
  description: z.string(),
  /** Counted in the completeness score: a record without it is not whole. */
  essential: z.boolean(),
});

export const SchemaSummary = z.object({ entity: z.string(), plural: z.string(), fields: z.int().min(0), pack: z.string().nullable() });
export type SchemaSummary = z.infer<typeof SchemaSummary>;

/** Every entity of the canonical model, in order of the registry. */
export const SchemaList = z.object({ data: z.array(SchemaSummary) });
export type SchemaList = z.infer<typeof SchemaList>;

/** One entity as records of a result have it. */
export const SchemaBody = z.object({
  entity: z.string(),
  plural: z.string(),
  /** The pack that speaks of the entity. */
  pack: z.string().nullable(),
  fields: z.array(SchemaField),
  /** The standardizers that its fields use, each with what it takes and leaves. */
  standardizers: z.array(z.object({ name: z.string(), produces: openEnum(TYPES), description: z.string() })),
});
export type SchemaBody = z.infer<typeof SchemaBody>;
