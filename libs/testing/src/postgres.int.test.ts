import pg from 'pg';
import { freshDatabase } from './postgres.js';

test('databases of two tests share nothing, and are gone when they are dropped', async () => {
  const [one, other] = await Promise.all([freshDatabase(), freshDatabase()]);
  const client = new pg.Client({ connectionString: one.url });
  client.on('error', () => undefined); // dropping the database ends the session
  await client.connect();
  await client.query('CREATE TABLE mine ()');
  const second = new pg.Client({ connectionString: other.url });
  await second.connect();
  expect((await second.query("SELECT to_regclass('mine') AS found")).rows).toEqual([{ found: null }]);
  await second.end();
  await Promise.all([one.drop(), other.drop()]);
  await expect(new pg.Client({ connectionString: one.url }).connect()).rejects.toMatchObject({ code: '3D000' });
});
