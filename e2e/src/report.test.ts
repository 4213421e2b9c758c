import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ArtifactList, FindingPage, jobPaths, QualityBody } from '@attune/api';
import type { Browser } from 'playwright-core';
import { openBrowser } from './browser.js';
import { Installation } from './installation.js';

/** Values that are in the file and nowhere else. */
const CANARIES = ['Quentinette', 'Marlowesson', '1937-11-23', '(217) 555-0199', 'nobody-at-all', '2/30/1990', 'QQ'];
const HEADER = 'patient_id,first_name,last_name,dob,phone,email,sex,"<script>alert(1)</script>","Shoe ""size"" \u202Emm"\n';
const people = Array.from(
  { length: 40 },
  (_, i) => `P${i},Ada,Colby,19${40 + i}-03-09,(217) 555-01${10 + i},ada${i}@example.org,F,${36 + i},x\n`,
);
const DIRTY = [
  'P3,Ada,Colby,1943-03-09,(217) 555-0113,ada3@example.org,F,39,x\n',
  'P90,Quentinette,Marlowesson,1937-11-23,(217) 555-0199,nobody-at-all,QQ,44,x\n',
  'P91,Ottilie,Sable,2/30/1990,12,,M,38,x\n',
  ',Vesper,Lind,1990-01-01,,,F,38,x\n',
  'P92,too,few\n',
].join('');

let attune: Installation;
let browser: Browser | undefined;

beforeAll(async () => {
  attune = Installation.shared();
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await attune.stop();
});

test('a job leaves a report of its own counts, which holds no value of a record, loads nothing and opens offline', async () => {
  const before = await attune.run({ bytes: HEADER + people.join('') });
  expect(before.status).toBe('completed');
  const job = await attune.run({ bytes: HEADER + people.join('') + DIRTY });
  expect(job.status).toBe('completed');
  const paths = jobPaths(job.job_id);
  const answer = await attune.request(paths.report);
  expect([answer.status, answer.headers.get('content-type'), answer.headers.get('content-disposition')]).toEqual([
    200,
    'text/html; charset=utf-8',
    'inline; filename="report.html"',
  ]);
  expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'unsafe-inline';.* sandbox$/);
  const html = await answer.text();
  for (const canary of CANARIES) expect([canary, html.includes(canary)]).toEqual([canary, false]);
  const saved = await attune.request(`${paths.report}?download`);
  expect([saved.headers.get('content-disposition'), await saved.text()]).toEqual(['attachment; filename="report.html"', html]);
  expect((await attune.request(`${paths.report}?print`)).status).toBe(400);
  const listed = await attune.read(ArtifactList, paths.artifacts);
  expect(listed.data.filter(({ kind }) => kind === 'report')).toMatchObject([{ stage: 'check', links: { self: paths.report } }]);

  const quality = await attune.read(QualityBody, paths.quality);
  expect(quality.previous?.job_id).toBe(before.job_id);
  const findings = await attune.read(FindingPage, `${paths.findings}?limit=200`);
  const ofRules = quality.rules.reduce((sum, { failed }) => sum + failed, 0);
  const counted = quality.findings!.reduce((sum, { count }) => sum + count, 0);
  expect([counted + ofRules, findings.has_more]).toEqual([findings.data.length, false]);
  expect(quality.quarantine).toEqual([{ code: 'csv.field_count', field: 'birth_date', count: 1 }]);
  expect(html).toContain(`${counted + ofRules} findings`);
  await lookAt(html);
});

test('a validation has a report too, and a job that has not come so far has none', async () => {
  const job = await attune.run({ bytes: HEADER + people.join('') + DIRTY, operation: 'validate' });
  const answer = await attune.request(jobPaths(job.job_id).report);
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('Accepted')]);
  const failed = await attune.run({ bytes: new Uint8Array([0x50, 0x4b, 3, 4, 0, 0]) });
  expect([failed.status, (await attune.request(jobPaths(failed.job_id).report)).status]).toEqual(['failed', 409]);
});

/** Opens the report from a file, without a network, in both schemes and on a narrow screen. */
async function lookAt(html: string): Promise<void> {
  if (browser === undefined) return;
  const file = path.join(attune.directory, 'report.html');
  fs.writeFileSync(file, html);
  for (const [colorScheme, width] of [
    ['light', 1280],
    ['dark', 1280],
    ['light', 390],
  ] as const) {
    const context = await browser.newContext({ colorScheme, offline: true, viewport: { width, height: 900 } });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    expect([complaints, requests]).toEqual([[], [pathToFileURL(file).href]]);
    expect(await page.locator('script, img, link, iframe, form').count()).toBe(0);
    expect(await page.locator('h2').allTextContents()).toEqual([
      'Records',
      'Scores',
      'Findings',
      'Quarantine',
      'Rules',
      'Fields',
      'Lineage',
    ]);
    expect(await page.locator('#lineage-list-caption ~ tbody th').allTextContents()).toContain('source.<script>alert(1)</script>');
    // Tables scroll by themselves; the page does not.
    expect(await page.evaluate<number>('document.body.scrollWidth')).toBeLessThanOrEqual(width);
    const shots = process.env['TEST_SCREENSHOTS'];
    if (shots !== undefined) await page.screenshot({ path: path.join(shots, `report-${colorScheme}-${width}.png`), fullPage: true });
    await context.close();
  }
}
