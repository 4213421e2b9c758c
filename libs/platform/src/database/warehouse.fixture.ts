import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Entity, findEntity } from '@attune/core';
import { loadedColumns } from '@attune/pipeline';
import type { Database } from './database.js';
import { type SampleJob, submitSample } from './sample-job.fixture.js';
import { type Claim, type Loaded, StagesRepository } from './stages.repository.js';
import { type Rows, WarehouseRepository } from './warehouse.repository.js';

/** Values of a row by column, as COPY reads them; a column that is not named has none. `record` is its number in the dataset. */
export interface GivenRow {
  readonly record: number;
  readonly hash?: string;
  readonly carried?: Readonly<Record<string, string | null>>;
  readonly values?: Readonly<Record<string, string>>;
}

export const person = findEntity('person')!;

/** Jobs over datasets, brought to where publish works at them, and what they load. */
export class Loads {
  readonly stages: StagesRepository;
  readonly warehouse: WarehouseRepository;
  #home: string | undefined;

  constructor(private readonly database: Database) {
    this.stages = new StagesRepository(database);
    this.warehouse = new WarehouseRepository(database);
  }

  /** Received bytes; jobs of one tenant over the same ones have one dataset. */
  dataset(): { sha256: string; bytes: number; storageKey: string } {
    const sha256 = randomUUID().replaceAll('-', '').repeat(2);
    return { sha256, bytes: 1, storageKey: `samples/${sha256}` };
  }

  async job(sample: { tenant?: string; blob?: ReturnType<Loads['dataset']> } = {}): Promise<SampleJob & { readonly claim: Claim }> {
    const job = await submitSample(this.database, { operation: 'harmonize', ...sample });
    return { ...job, claim: await this.toPublish() };
  }

  /** The claim of the job's last stage, with the others done. Nobody else works meanwhile. */
  async toPublish(from: 'inspect' | 'transform' = 'inspect'): Promise<Claim> {
    const services = ['validator', 'harmonizer', 'harmonizer', 'validator'] as const;
    for (const service of from === 'inspect' ? services : services.slice(2))
      await this.stages.commit((await this.stages.claim(service, 'w1'))!, { artifacts: [] });
    return (await this.stages.claim('generator', 'w1'))!;
  }

  async rows(given: readonly GivenRow[], entity: Entity = person): Promise<Rows> {
    this.#home ??= await mkdtemp(path.join(tmpdir(), 'attune-rows-'));
    const file = path.join(this.#home, `${randomUUID()}.csv`);
    const cells = ({ record, hash, carried, values }: GivenRow): readonly (string | undefined)[] =>
      loadedColumns(entity).map((column) => {
        if (column === 'source_record_id') return String(record);
        if (column === 'row_hash') return hash ?? JSON.stringify([values, carried]);
        return column === 'carried' ? JSON.stringify(carried ?? {}) : values?.[column];
      });
    const quoted = (cell: string | undefined): string => (cell === undefined ? '' : `"${cell.replaceAll('"', '""')}"`);
    await writeFile(file, given.map((row) => `${cells(row).map(quoted).join(',')}\n`).join(''));
    return { entity, file, records: given.length };
  }

  /** Copies and loads in the commit of the stage, as a worker does. */
  async publish(claim: Claim, given: readonly GivenRow[]): Promise<Loaded> {
    const rows = await this.rows(given);
    const { signal } = new AbortController();
    await this.warehouse.copy(claim, rows, signal);
    const load = (query: Database['query']): Promise<Loaded> => this.warehouse.load(query, claim, rows);
    return (await this.stages.commit(claim, { artifacts: [], load }, signal)).loaded!;
  }

  async remove(): Promise<void> {
    if (this.#home) await rm(this.#home, { recursive: true });
  }
}
