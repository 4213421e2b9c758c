import type { Browser } from 'playwright-core';
import { openBrowser } from './browser.js';
import { openApi } from './contract.js';
import { Installation } from './installation.js';

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

test('the page loads nothing from elsewhere, and its files may be kept for ever', async () => {
  const page = await fetch(`${attune.server.url}/docs`);
  const html = await page.text();
  expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/);
  expect(html).not.toMatch(/https?:|<script>|<style| on\w+=/);
  const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file!);
  expect(files).toHaveLength(4);
  for (const file of files) {
    const answer = await fetch(attune.server.url + file);
    expect([file, answer.status, answer.headers.get('cache-control')]).toEqual([file, 200, 'public, max-age=31536000, immutable']);
  }
  for (const other of [files[0]!.replace(/[^/]+$/, 'package.json'), files[0]!.replace(/docs\/\w+/, 'docs/0'), '/docs/0/..%2fpackage.json'])
    expect([other, (await fetch(attune.server.url + other)).status]).toEqual([other, 404]);
});

test('a reader sees every operation of the document, and no other, without a complaint of the browser', async () => {
  if (browser === undefined) return;
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  const hosts = new Set<string>();
  page.on('request', (request) => hosts.add(new URL(request.url()).host));
  await page.goto(`${attune.server.url}/docs`);
  await page.waitForSelector('.opblock-tag-section');
  for (const closed of await page.locator('.opblock-tag[data-is-open="false"]').all()) await closed.click();
  await page.waitForSelector('.opblock');
  const shown: string[] = [];
  for (const block of await page.locator('.opblock').all()) {
    const method = await block.locator('.opblock-summary-method').textContent();
    shown.push(`${method} ${await block.locator('[data-path]').first().getAttribute('data-path')}`);
  }
  const documented = Object.entries(openApi.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(shown.sort()).toEqual(documented.sort());
  expect([complaints, [...hosts]]).toEqual([[], [new URL(attune.server.url).host]]);
});
