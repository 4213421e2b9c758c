import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { JobOptionsRequest, type MappingsClient } from '@attune/api';
import { findEntity, GivenMapping, type Mapping } from '@attune/core';
import type { FieldTally, MappingDecision, PlanAnswer } from '@attune/pipeline';
import { UsageError } from './arguments.js';
import type { FileInspection } from '@attune/platform';
import { inspectionOf } from './inspection.js';

const KEPT = /^(?:map_)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:@(\d{1,9}))?$/;
const LIMITS = { records: 10_000, values: 1_000_000, bytes: 1024 * 1024 };

/** What a mapping makes of the head of a file. */
export interface TriedDocument {
  readonly mapping: Mapping;
  /** Records of the head, and of them set aside. */
  readonly records: number;
  readonly quarantined: number;
  readonly fields: readonly FieldTally[];
}

/** `map_…` or `map_…@3` in its parts. */
export function keptId(word: string, version?: string): { readonly id: string; readonly version?: number } {
  const found = KEPT.exec(word);
  if (found === null) throw new UsageError('ID is the id of a kept mapping, as in map_….');
  const written = version ?? found[1];
  if (written === undefined) return { id: word };
  if (!/^[1-9]\d{0,8}$/.test(written)) throw new UsageError('A version is a number from 1 on.');
  return { id: word.split('@')[0]!, version: Number(written) };
}

/** The mapping document in a file; UsageError when it is none. */
export async function readDocument(path: string): Promise<GivenMapping> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UsageError(`${path} cannot be read.`, { cause });
  });
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${path} is not JSON.`, { cause });
  }
  const document = GivenMapping.safeParse(parsed);
  if (document.success) return document.data;
  const places = document.error.issues.map(({ path: place, message }) => `  /${place.map(String).join('/')} ${message}`);
  throw new UsageError([`${path} is not a mapping document:`, ...places].join('\n'));
}

/** A mapping by its file, or by its id from the server, which is asked only then. */
export async function documentIn(word: string, client: () => Promise<MappingsClient>, signal: AbortSignal): Promise<GivenMapping> {
  if (!KEPT.test(word)) return readDocument(word);
  const { id, version } = keptId(word);
  return (await (await client()).read(id, version, { signal })).mapping;
}

interface Source {
  readonly inspection: FileInspection;
  readonly plan: PlanAnswer['plan'];
  readonly decision: MappingDecision;
}

/** What a job would decide about the file, on this machine: nothing is sent, and what the server remembers is not known. */
export async function sourceOf(path: string, known: { readonly given?: GivenMapping; readonly entity?: string }): Promise<Source> {
  const inspection = await inspectionOf(path);
  const { detection, profile } = inspection;
  const { makePlan } = await import('@attune/pipeline');
  const options = JobOptionsRequest.parse({});
  const { plan, decision } = makePlan({
    detection,
    profile,
    options,
    receivedAt: new Date().toISOString(),
    fileName: basename(path),
    ...known,
  });
  return { inspection, plan, decision };
}

/** Maps the head of the file as the document says and tells, field by field, what fits. */
export async function tryDocument(path: string, given: GivenMapping): Promise<TriedDocument> {
  const { inspection, plan } = await sourceOf(path, { given });
  const { tallyFields, transformSample } = await import('@attune/pipeline');
  const entity = findEntity(plan.mapping.entity);
  if (entity === undefined) throw new UsageError(`There is no entity ${plan.mapping.entity}.`);
  const { records } = transformSample({ plan, entity, bytes: new Uint8Array(inspection.head), last: inspection.whole, limits: LIMITS });
  return {
    mapping: plan.mapping,
    records: records.length,
    quarantined: records.filter(({ status }) => status === 'quarantined').length,
    fields: tallyFields(plan.mapping, records),
  };
}
