import { z } from 'zod';
import { Count, openEnum, Sha256, Timestamp } from './open-enum.js';

/** Kinds that a client may download, with the media type of each. The results have a route of their own. */
export const DOWNLOADS = {
  detection: 'application/json',
  sample_profile: 'application/json',
  plan: 'application/json',
  plan_findings: 'application/json',
  profile: 'application/json',
  lineage: 'application/json',
  quality: 'application/json',
  report: 'text/html; charset=utf-8',
  manifest: 'application/json',
  findings: 'application/x-ndjson',
  rule_findings: 'application/x-ndjson',
  quarantine: 'application/x-ndjson',
  duplicates: 'application/x-ndjson',
  findings_parquet: 'application/vnd.apache.parquet',
  rule_findings_parquet: 'application/vnd.apache.parquet',
  quarantine_parquet: 'application/vnd.apache.parquet',
  duplicates_parquet: 'application/vnd.apache.parquet',
} as const;
export type DownloadKind = keyof typeof DOWNLOADS;

/** Query of `/report`: with `download` a browser saves it instead of showing it. */
export const ReportQuery = z.strictObject({ download: z.enum(['', 'true', 'false']).optional() });

/** True for a kind that may be downloaded as it is. */
export function isDownload(kind: string): kind is DownloadKind {
  return Object.hasOwn(DOWNLOADS, kind);
}

/** A file that a stage has left. */
export const ArtifactBody = z.object({
  kind: openEnum(Object.keys(DOWNLOADS)),
  stage: z.string(),
  generation: Count,
  bytes: Count,
  sha256: Sha256,
  /** Null where the file has no records. */
  records: Count.nullable(),
  created_at: Timestamp,
  media_type: z.string(),
  /** Path of the download; relative to the server. */
  links: z.object({ self: z.string() }),
});
export type ArtifactBody = z.infer<typeof ArtifactBody>;

/** All of them, in the order in which they were left: a job leaves a few dozen at most. */
export const ArtifactList = z.object({ data: z.array(ArtifactBody) });
export type ArtifactList = z.infer<typeof ArtifactList>;
