import { freshDatabase } from '@attune/testing';
import { Database } from './database.js';
import { ReconcilerRepository } from './reconciler.repository.js';
import { StagesRepository } from './stages.repository.js';

let fresh: Awaited<ReturnType<typeof freshDatabase>>;
let database: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url);
});
afterAll(async () => {
  await database?.close();
  await fresh?.drop();
});

test('work is shared by the workers of a service that live and are of one version, and by nobody while an upgrade replaces them', async () => {
  const [presence, stages] = [new ReconcilerRepository(database), new StagesRepository(database)];
  const seen = (id: string, service: string, version: string): Promise<void> =>
    presence.seen({ id, service, host: 'h', version, slots: 2, busy: 0 });
  expect(await stages.workers('harmonizer', '1')).toBe(1);
  await seen('a', 'harmonizer', '1');
  await seen('b', 'harmonizer', '1');
  await seen('c', 'validator', '2');
  expect(await stages.workers('harmonizer', '1')).toBe(2);
  await seen('d', 'harmonizer', '2');
  expect(await stages.workers('harmonizer', '1')).toBe(1);
  await database.query(`UPDATE attune.workers SET seen_at = now() - interval '31 seconds' WHERE id IN ('b', 'd')`);
  expect(await stages.workers('harmonizer', '1')).toBe(1);
  await seen('b', 'harmonizer', '1');
  expect(await stages.workers('harmonizer', '1')).toBe(2);
});
