import { z } from 'zod';

/** The outline of an OpenAPI document; what is inside is OpenAPI's own business. */
export const OpenApiBody = z.looseObject({
  openapi: z.literal('3.1.0'),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  paths: z.record(z.string(), z.unknown()),
});
