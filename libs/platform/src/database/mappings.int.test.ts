import { randomUUID } from 'node:crypto';
import { GivenMapping } from '@attune/core';
import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { Database } from './database.js';
import { MappingsRepository } from './mappings.repository.js';
import { TenantsRepository } from './tenants.repository.js';

let fresh: FreshDatabase;
let database: Database;
let mappings: MappingsRepository;
let ours: string;
let theirs: string;

beforeAll(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url);
  mappings = new MappingsRepository(database);
  ours = await new TenantsRepository(database).ensureTenant('ours');
  theirs = await new TenantsRepository(database).ensureTenant('theirs');
});

afterAll(async () => {
  await database.close();
  await fresh.drop();
});

const document = (field: string): GivenMapping => GivenMapping.parse({ fields: [{ field, from: [{ ordinal: 0, name: 'x' }] }] });
const gone = { code: 'not_found' };

test('a version never changes: a revision is a new one, and the latest is found without asking for it', async () => {
  const first = await mappings.create(ours, { name: 'A', document: document('sex') });
  const second = await mappings.revise(ours, first.id, 1, { name: 'B', document: document('race') });
  expect([first.version, second.version, second.entity]).toEqual([1, 2, 'person']);
  expect(await mappings.find(ours, first.id)).toEqual(second);
  expect(await mappings.find(ours, first.id, 1)).toEqual(first);
  await expect(mappings.find(ours, first.id, 3)).rejects.toMatchObject(gone);
  expect((await mappings.versions(ours, first.id, { limit: 10 })).map(({ version }) => version)).toEqual([2, 1]);
  expect((await mappings.versions(ours, first.id, { limit: 10, before: 2 })).map(({ version }) => version)).toEqual([1]);
});

test('of many who revise the same version one succeeds, and the others are told', async () => {
  const { id } = await mappings.create(ours, { name: 'A', document: document('sex') });
  const tries = await Promise.allSettled(
    Array.from({ length: 8 }, (_, n) => mappings.revise(ours, id, 1, { name: `B${n}`, document: document('race') })),
  );
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const attempt of tries) if (attempt.status === 'rejected') expect(attempt.reason).toMatchObject({ code: 'precondition_failed' });
  expect((await mappings.find(ours, id)).version).toBe(2);
});

test('the mapping of another tenant does not exist', async () => {
  const { id } = await mappings.create(ours, { name: 'A', document: document('sex') });
  await expect(mappings.find(theirs, id)).rejects.toMatchObject(gone);
  await expect(mappings.versions(theirs, id, { limit: 1 })).rejects.toMatchObject(gone);
  await expect(mappings.revise(theirs, id, 1, { name: 'B', document: document('race') })).rejects.toMatchObject(gone);
  expect(await mappings.list(theirs, { limit: 200 })).toEqual([]);
});

test('pages hold every mapping once, newest first, while others are revised', async () => {
  const tenant = await new TenantsRepository(database).ensureTenant(randomUUID());
  const created: string[] = [];
  for (let n = 0; n < 7; n += 1) created.unshift((await mappings.create(tenant, { name: `${n}`, document: document('sex') })).id);
  const seen: string[] = [];
  let after: { createdAt: number; id: string } | undefined;
  do {
    const page = await mappings.list(tenant, { limit: 3, ...(after ? { after } : {}) });
    await mappings.revise(tenant, created[seen.length]!, 1, { name: 'later', document: document('race') });
    seen.push(...page.map(({ id }) => id));
    after = page.length === 3 ? page.at(-1)!.key : undefined;
  } while (after);
  expect(seen).toEqual(created);
});

test('what was accepted is remembered per tenant and columns, and the latest acceptance counts', async () => {
  expect(await mappings.remembered(ours, 'f1')).toBeUndefined();
  await mappings.remember(ours, 'f1', document('sex'));
  await mappings.remember(ours, 'f1', document('race'));
  expect(await mappings.remembered(ours, 'f1')).toEqual(document('race'));
  expect(await mappings.remembered(theirs, 'f1')).toBeUndefined();
  expect(await mappings.remembered(ours, 'f2')).toBeUndefined();
});
