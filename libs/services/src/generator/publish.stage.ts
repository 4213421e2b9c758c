import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ManifestBody } from '@attune/api';
import { AppError, findEntity, OUTPUT_FORMATS, Plan, prefixed, type RowLedger } from '@attune/core';
import { defineStage, failpoint, type StageContext, type StoredArtifact } from '@attune/platform';

/** Writes every requested output from silver and the manifest that names them with their hashes, and has the rows loaded where that was asked for. */
export const publishStage = defineStage('publish', 'generator', async (stage) => {
  const plan = Plan.parse(await stage.json('plan'));
  const { claim } = stage;
  const transform = await stage.ledgerOf('transform');
  const silver = await stage.artifacts('silver');
  // Of one shard only: it stands for all of silver.
  const silverCsv = silver.length === 1 ? await stage.artifactIfLeft('silver_csv') : undefined;
  const outcome = await stage.engine.run(
    'publish',
    {
      silver,
      ...(silverCsv === undefined ? {} : { silverCsv }),
      plan,
      formats: claim.options.output_formats,
      options: { defuseFormulas: claim.options.defuse_formulas ?? true, partitionBy: claim.options.partition_by ?? [] },
      records: transform.recordsOut,
      scratch: stage.scratch,
    },
    { signal: stage.signal, onProgress: stage.progress },
  );
  const outputs = await stage.store(outcome.files);
  await failpoint('publish.before_manifest', claim);
  const published = outcome.ledger ?? {
    recordsIn: transform.recordsOut,
    recordsOut: transform.recordsOut,
    recordsQuarantined: 0,
    recordsMerged: 0,
    recordsDropped: 0,
    dropReasons: {},
  };
  const manifest: ManifestBody = {
    version: 1,
    job_id: prefixed('job', claim.jobId),
    generation: claim.generation,
    dataset: { id: prefixed('ds', claim.dataset.id), sha256: claim.dataset.sha256, bytes: claim.dataset.bytes },
    engine_version: plan.engine_version,
    created_at: new Date().toISOString(),
    mapping: {
      version: plan.mapping.version,
      entity: plan.mapping.entity,
      fields: plan.mapping.fields.length,
      carried: plan.mapping.carried.length,
    },
    row_ledger: [ledgerBody('transform', transform), ledgerBody('publish', published)],
    outputs: outputs.map(outputBody),
  };
  await writeFile(path.join(stage.scratch, 'manifest.json'), JSON.stringify(manifest, null, 2));
  if (claim.options.load_warehouse === true) await load(stage, plan, silver, published.recordsOut);
  return { files: [{ kind: 'manifest', file: 'manifest.json' }], ledger: published, sweep: ['silver_csv'] };
});

/** The rows are in the warehouse when the stage has committed, and not before. */
async function load(stage: StageContext, plan: Plan, silver: readonly string[], records: number): Promise<void> {
  const entity = findEntity(plan.mapping.entity);
  if (entity === undefined) throw new AppError('plan.unresolved', `there is no entity ${plan.mapping.entity}`);
  await stage.engine.run('load', { silver, plan, scratch: stage.scratch }, { signal: stage.signal });
  await stage.load(entity, records);
}

function outputBody(artifact: StoredArtifact): ManifestBody['outputs'][number] {
  const format = OUTPUT_FORMATS.find((name) => artifact.kind === `result_${name}`) ?? artifact.kind;
  return {
    format,
    file: artifact.storageKey.split('/').pop()!,
    sha256: artifact.sha256,
    bytes: artifact.bytes,
    records: artifact.records ?? 0,
  };
}

function ledgerBody(stage: string, ledger: RowLedger): ManifestBody['row_ledger'][number] {
  return {
    stage,
    unit: 'record',
    records_in: ledger.recordsIn,
    records_out: ledger.recordsOut,
    records_quarantined: ledger.recordsQuarantined,
    records_merged: ledger.recordsMerged,
    records_dropped: ledger.recordsDropped,
    drop_reasons: { ...ledger.dropReasons },
  };
}
