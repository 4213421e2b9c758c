import { statfs } from 'node:fs/promises';
import type { Config } from '../config/config.js';
import type { Database } from '../database/database.js';
import type { Engine } from '../engine/engine.js';
import type { Metrics } from '../telemetry/metrics.js';
import { readVersion } from './version.js';

const EVERY_MS = 5_000;

/** Keeps the gauges about this process itself up to date: its engine, its pool, its disk. */
export function keepProcessGauges(
  metrics: Metrics,
  { config, database }: { readonly config: Config; readonly database: Database },
  engine: Engine | undefined,
): NodeJS.Timeout {
  const { version, commit } = readVersion();
  metrics.buildInfo.set({ version, commit: commit ?? 'unknown' }, 1);
  const refresh = async (): Promise<void> => {
    for (const [state, connections] of Object.entries(database.pool)) metrics.dbPool.set({ state }, connections);
    if (engine) metrics.childRss.set(engine.maxRssMb * 1024 * 1024);
    const disk = await statfs(config.dataDir).catch(() => undefined);
    if (disk && disk.blocks > 0) metrics.scratchFree.set(disk.bavail / disk.blocks);
  };
  void refresh();
  return setInterval(() => void refresh(), EVERY_MS).unref();
}
