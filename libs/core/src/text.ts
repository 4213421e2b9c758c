import { z } from 'zod';

/** Encodings that are read. Others are refused: a wrong guess would be silent damage. */
export const ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'iso-8859-1', 'windows-1252'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** How the records of a text are written down. */
export const FORMATS = ['delimited', 'fixed-width', 'json', 'sql-dump'] as const;
export type FormatName = (typeof FORMATS)[number];

/**
 * What the text is wrapped in. The members of a zip are read in the order of its central directory. Sheets of a workbook and the rows of
 * a Parquet file are unwrapped into delimited text: UTF-8, comma, double quotes, LF, with a header.
 */
export const CONTAINERS = ['none', 'gzip', 'zstd', 'zip', 'xlsx', 'parquet'] as const;
export type Container = (typeof CONTAINERS)[number];

/** One column of a fixed-width text: bytes of the received line (code units of UTF-16), counted from 0. */
export const LayoutColumn = z.strictObject({
  name: z.string().min(1).max(256),
  start: z.int().min(0).max(65_535),
  length: z.int().min(1).max(65_535),
});
export type LayoutColumn = z.infer<typeof LayoutColumn>;

/** Lines that begin so are comments wherever a record may begin. */
export const Comments = z.strictObject({ prefix: z.string().min(1).max(8) });

/**
 * Where the records of a JSON text are: one object a line, the elements of the array that the text is, the elements of the array that the
 * member at `path` of its one object is, or the object that the text is (over any number of lines; further ones may follow it).
 */
export const JsonRecords = z.strictObject({
  records: z.enum(['lines', 'array', 'member', 'object']),
  path: z.array(z.string()).max(16).default([]),
});
export type JsonRecords = z.infer<typeof JsonRecords>;

/** What stands after the last record: so many lines, or every line that begins with the prefix. */
export const Trailers = z.union([
  z.strictObject({ lines: z.int().min(1).max(100) }),
  z.strictObject({ prefix: z.string().min(1).max(64) }),
]);

/** What a caller knows of a text and detection cannot or need not find out. */
export const TextOptions = z.strictObject({
  encoding: z.enum(ENCODINGS).optional(),
  delimiter: z.string().length(1).optional(),
  quote: z.enum(['double', 'single', 'none']).optional(),
  header: z.boolean().optional(),
  comments: Comments.optional(),
  trailers: Trailers.optional(),
  /** The table of a database dump or the sheet of a workbook that is meant; else the first one that holds records. */
  table: z.string().min(1).max(256).optional(),
  /** The text is JSON. */
  json: JsonRecords.optional(),
  /** The text is of fixed width. */
  layout: z.array(LayoutColumn).min(1).max(4096).optional(),
});
export type TextOptions = z.infer<typeof TextOptions>;
