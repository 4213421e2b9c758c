import { DataSource } from 'typeorm';
import { SESSION_SETTINGS } from './database.js';
import { migrations } from './migrations/migrations.js';
import { tables } from './schema/tables.js';

/** The schema as TypeORM sees it, for migrations and for the proof that tables are what the code expects. */
export function dataSource(url: string, poolSize: number): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    schema: 'attune',
    entities: tables,
    migrations: migrations.map(({ Migration }) => Migration),
    migrationsTableName: 'migrations',
    logging: false,
    poolSize,
    extra: { options: SESSION_SETTINGS, connectionTimeoutMillis: 5_000, keepAlive: true },
  });
}
