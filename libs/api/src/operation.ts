import type { ErrorCode } from '@attune/core';
import type { z } from 'zod';

/** A body of one content type. Examples are shown in the documentation and are themselves valid. */
export type BodyShape =
  | { readonly kind: 'json'; readonly schema: z.ZodType; readonly example?: unknown }
  /** NDJSON: the schema and the example are those of one line. */
  | { readonly kind: 'lines'; readonly schema: z.ZodType; readonly example?: unknown }
  | { readonly kind: 'text'; readonly example?: string }
  /** Server-sent events (the HTML standard, section 9.2). */
  | { readonly kind: 'events'; readonly example?: string }
  | { readonly kind: 'bytes' }
  /** `multipart/form-data`. */
  | { readonly kind: 'form'; readonly parts: Readonly<Record<string, FormPart>> };

export interface FormPart {
  readonly description: string;
  readonly required: boolean;
  /** A JSON text or a plain word by its schema; absent: the bytes of a file. */
  readonly schema?: z.ZodType;
  readonly contentType?: string;
  readonly example?: unknown;
}

/** Header fields by name; a required one is in every such message. */
export type HeaderShapes = Readonly<
  Record<string, { readonly description: string; readonly required?: boolean; readonly example?: string }>
>;

export interface ResponseShape {
  readonly description: string;
  /** By content type; absent: no body. */
  readonly content?: Readonly<Record<string, BodyShape>>;
  readonly headers?: HeaderShapes;
}

export type ApiMethod = 'get' | 'head' | 'options' | 'post' | 'put' | 'patch' | 'delete';

/** One method of one path: what it takes, and everything that it may answer. */
export interface ApiOperation {
  /** Unique; generated clients name their method by it. */
  readonly id: string;
  readonly method: ApiMethod;
  /** Template of OpenAPI, as in `/api/v1/jobs/{id}`; its parameters are those of `PATH_PARAMETERS`. */
  readonly path: string;
  readonly tag: ApiTag;
  readonly summary: string;
  readonly description?: string;
  readonly security: 'key' | 'public';
  /** Which rate limit counts it, per API key; public operations are not counted. */
  readonly limit: 'jobs' | 'api' | 'none';
  /** One member per parameter; all others are refused where the schema is strict. */
  readonly query?: z.ZodObject;
  readonly headers?: HeaderShapes;
  readonly body?: { readonly required: boolean; readonly content: Readonly<Record<string, BodyShape>> };
  /** Answers that are not problems. */
  readonly responses: Readonly<Record<number, ResponseShape>>;
  /** Codes of the problems besides those that every operation may answer. */
  readonly problems: readonly ErrorCode[];
}

export const API_TAGS = {
  Jobs: 'Submit files, follow the work, fetch what came of it.',
  Uploads: 'Send a large file in pieces, over lines that break.',
  Results: 'What the stages of a job have left.',
  Mappings: 'Which column is which field: kept, compared, tried.',
  Rules: 'What a result is judged by: kept, and brought along.',
  Storage: 'What is kept, for how long, and what is removed.',
  Webhooks: 'Be told of what becomes of jobs.',
  Schedules: 'Have jobs made at times of the calendar.',
  Platform: 'Health, version, metrics and this documentation.',
} as const;
export type ApiTag = keyof typeof API_TAGS;
