import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LineageBody, QualityBody } from '@attune/api';
import { type LeftFile, type Plan, prefixed } from '@attune/core';
import { reportHtml } from '@attune/outputs';
import type { StageContext } from '@attune/platform';
import { z } from 'zod';

const FILE = 'report.html';
/** Of the index of a list no more is wanted here. */
const ListLength = z.object({ records: z.int() });

/** Makes the report for people of the quality that the stage has just left, and of what the pass has counted: no record is read for it. */
export async function leaveReport(stage: StageContext, plan: Plan): Promise<LeftFile> {
  const { claim, scratch } = stage;
  const quality = QualityBody.parse(JSON.parse(await readFile(path.join(scratch, 'quality.json'), 'utf8')));
  const { id, sha256, bytes } = claim.dataset;
  const report = reportHtml({
    job: {
      id: prefixed('job', claim.jobId),
      operation: claim.operation,
      generation: claim.generation,
      engineVersion: plan.engine_version,
    },
    dataset: { id: prefixed('ds', id), sha256, bytes, format: plan.format },
    quality,
    lineage: LineageBody.parse(await stage.json('lineage')),
    duplicates: {
      listed: ListLength.parse(await stage.json('duplicates_index')).records,
      removed: claim.options.remove_duplicates,
    },
  });
  await writeFile(path.join(scratch, FILE), report, { flag: 'wx' });
  return { kind: 'report', file: FILE };
}
