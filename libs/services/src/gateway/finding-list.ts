import { FindingBody, QualityBody } from '@attune/api';
import type { ArtifactsRepository, BlobStore, JobDetail, StoredArtifact } from '@attune/platform';
import { artifactOf, readJsonArtifact } from './artifact-reader.js';
import { withMessage } from './quarantine-record.js';
import { LineIndex, readLines } from './record-lines.js';

interface Door {
  readonly artifacts: ArtifactsRepository;
  readonly blobs: BlobStore;
}

interface Part {
  readonly artifact: StoredArtifact;
  readonly index: LineIndex;
}

/** All findings of a job as one list: those of the pass over the input, then those of the rules. */
export interface FindingList {
  readonly pass: Part;
  /** Absent until the job has been checked. */
  readonly rules: Part | undefined;
  readonly records: number;
  /** Another one when the pass has left other findings: ordinals of the list are good for this one only. */
  readonly version: string;
}

/** @throws AppError result_not_ready, conflict_state */
export async function findingList(door: Door, detail: JobDetail): Promise<FindingList> {
  const part = async (kind: 'findings' | 'rule_findings'): Promise<Part> => {
    const artifact = await artifactOf(door.artifacts, detail, kind);
    return {
      artifact,
      index: LineIndex.parse(await readJsonArtifact(door.blobs, await artifactOf(door.artifacts, detail, `${kind}_index`))),
    };
  };
  const pass = await part('findings');
  const { tenant_id: tenantId, id } = detail.job;
  const checked = await door.artifacts.find(tenantId, id, 'rule_findings');
  const rules = checked === undefined ? undefined : await part('rule_findings');
  return { pass, rules, records: pass.index.records + (rules?.index.records ?? 0), version: pass.artifact.sha256 };
}

/** Findings [first, first + limit) of the list, with what they mean. */
export async function readFindings(
  { artifacts, blobs }: Door,
  detail: JobDetail,
  { pass, rules }: FindingList,
  first: number,
  limit: number,
): Promise<FindingBody[]> {
  const ofPass = await readLines(blobs, pass.artifact, pass.index, first, limit);
  const found = ofPass.map((line) => FindingBody.parse(withMessage(line)));
  if (rules === undefined || found.length === limit) return found;
  const place = Math.max(0, first - pass.index.records);
  const lines = await readLines(blobs, rules.artifact, rules.index, place, limit - found.length);
  if (lines.length === 0) return found;
  const quality = await artifactOf(artifacts, detail, 'quality');
  const told = new Map(QualityBody.parse(await readJsonArtifact(blobs, quality)).rules.map((rule) => [rule.id, rule]));
  return [...found, ...lines.map((line) => ruleFinding(line, told))];
}

/** What the rule says takes the place of what its code says. */
function ruleFinding(line: string, told: ReadonlyMap<string, { readonly message: string; readonly fix: string }>): FindingBody {
  const finding = FindingBody.parse(withMessage(line));
  const rule = told.get(finding.rule ?? '');
  return rule === undefined ? finding : { ...finding, message: rule.message, fix: rule.fix };
}
