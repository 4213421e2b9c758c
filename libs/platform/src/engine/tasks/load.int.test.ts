import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GivenMapping, type Detection, type Plan, type SampleProfile } from '@attune/core';
import { loadedColumns, makePlan } from '@attune/pipeline';
import { attemptFolder, readJson } from '../attempt-folder.fixture.js';
import { Engine } from '../engine.js';
import { entityOf } from '../entity-of.js';
import { ROWS_FILE } from '../rows-file.js';

const engine = new Engine({ size: 1, memoryLimitMb: 256, threads: 2 });
const { attempt, input } = attemptFolder('attune-load-');
afterAll(() => engine.close());

/** What load has written over a text whose first three columns are mapped, and its plan. */
async function loaded(text: string): Promise<{ plan: Plan; rows: string; silver: string }> {
  const path = await input('people.csv', Buffer.from(text));
  const [inspected, scratch] = [await attempt(), await attempt()];
  await engine.run('inspect', { input: path, scratch: inspected });
  const detection = await readJson<Detection>(inspected, 'detection.json');
  const profile = await readJson<SampleProfile>(inspected, 'sample-profile.json');
  const fields = ['patient_id', 'first_name', 'birth_date'].map((field, i) => ({ field, from: [detection.columns[i]!] }));
  const options = {
    ...{ remove_duplicates: true, standardize_fields: true, validate_schema: true },
    ...{ output_formats: ['parquet' as const], review: 'never' as const },
  };
  const given = GivenMapping.parse({ fields });
  const { plan } = makePlan({ detection, profile, given, options, receivedAt: '2026-01-01T00:00:00Z' });
  await engine.run('transform', { input: path, plan: { ...plan, quarantine_limit: 1 }, planFindings: [], scratch });
  const silver = join(scratch, 'silver.parquet');
  await engine.run('load', { silver: [silver], plan, scratch });
  return { plan, rows: await readFile(join(scratch, ROWS_FILE), 'utf8'), silver };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

test('a row is its record, its hash, its fields in order and its carried columns as one object', async () => {
  const { plan, rows } = await loaded('id,first,born,Favourite "colour",note\nm-1,Zoë,3/9/1987,"a, ""b""\nc",\nm-2,,,x,y\n');
  const fields = entityOf(plan).fields.map(({ name }) => name);
  const first: Readonly<Record<string, string>> = { patient_id: 'm-1', first_name: 'Zoë', birth_date: '1987-03-09' };
  const hashed = ['patient_id=3:m-1', 'first_name=4:Zoë', 'birth_date=10:1987-03-09', 'source.Favourite "colour"=8:a, "b"\nc'].join(',');
  expect(loadedColumns(entityOf(plan))).toEqual(['source_record_id', 'row_hash', ...fields, 'carried']);
  const carried = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const [line] = rows.split('\n');
  expect(line).toBe(
    [
      1,
      sha256(hashed),
      ...fields.map((name) => first[name] ?? ''),
      carried('{"Favourite \\"colour\\"":"a, \\"b\\"\\nc","note":null}'),
    ].join(','),
  );
});

test('a table without carried columns has an empty object, and one without records is an empty file', async () => {
  expect((await loaded('id,first,born\nm-1,Ada,1987-03-09\n')).rows).toMatch(/,\{\}\n$/);
  expect((await loaded('id,first,born\nm-1,Ada,1987-03-09,too many\n')).rows).toBe('');
});

test('equal rows have equal hashes wherever they stand, and rows that differ have others', async () => {
  const { rows } = await loaded('id,first,born,a,b\nm-1,Ada,1987-03-09,x,y\nm-2,Ada,1987-03-09,x,y\nm-1,Ada,1987-03-09,y,x\n');
  const again = await loaded('id,first,born,a,b\nm-9,Eve,1987-03-09,x,y\nm-1,Ada,1987-03-09,x,y\n');
  const hashes = (text: string): string[] =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => line.split(',')[1]!);
  expect(new Set(hashes(rows)).size).toBe(3);
  expect(hashes(again.rows)[1]).toBe(hashes(rows)[0]);
});
