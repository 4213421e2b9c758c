import { link, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Detection, OutputFormat, SampleProfile } from '@attune/core';
import { makePlan } from '@attune/pipeline';
import { attemptFolder, readJson } from './attempt-folder.fixture.js';
import { Engine } from './engine.js';

const RECORDS = 200_000;
const COLUMNS = 16;
const FORMATS: readonly OutputFormat[] = ['csv', 'json', 'ndjson', 'parquet', 'tsv'];
const engine = new Engine({ size: 1, memoryLimitMb: 256, threads: 2 });
const { attempt, input } = attemptFolder('attune-outputs-');
afterAll(() => engine.close());

test(`${RECORDS} wide records become every text format and Parquet with 256 MiB for DuckDB`, async () => {
  const header = Array.from({ length: COLUMNS }, (_, i) => `note ${i}`).join(',');
  const rows = Array.from({ length: RECORDS }, (_, i) => `m-${i}${`,invented text ${i % 9973}`.repeat(COLUMNS)}`);
  const path = await input('wide.csv', Buffer.from(`member_id,${header}\n${rows.join('\n')}\n`));
  const [inspected, transformed, published] = [await attempt(), await attempt(), await attempt()];
  await engine.run('inspect', { input: path, scratch: inspected });
  const detection = await readJson<Detection>(inspected, 'detection.json');
  const profile = await readJson<SampleProfile>(inspected, 'sample-profile.json');
  const options = {
    remove_duplicates: true,
    standardize_fields: true,
    validate_schema: true,
    output_formats: [...FORMATS],
    review: 'never' as const,
  };
  const { plan } = makePlan({ detection, profile, options, receivedAt: '2026-01-01T00:00:00Z' });
  const { ledger, files } = await engine.run('transform', { input: path, plan, planFindings: [], scratch: transformed });
  const silver: string[] = [];
  for (const { file } of files.filter(({ kind }) => kind === 'silver')) {
    silver.push(join(published, `in.${file}`));
    await link(join(transformed, file), silver.at(-1)!);
  }
  const outcome = await engine.run('publish', { silver, plan, formats: FORMATS, records: ledger!.recordsOut, scratch: published });
  expect(outcome.files.map(({ kind, records }) => [kind, records])).toEqual(FORMATS.map((name) => [`result_${name}`, RECORDS]));
  for (const { file } of outcome.files) expect((await stat(join(published, file))).size).toBeGreaterThan(0);
});
