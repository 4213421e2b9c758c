import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { AppError } from '@attune/core';
import { z } from 'zod';

/** A path with `/` between names, that leads nowhere outside. */
export const Place = z.string().refine((text) => !text.split('/').some((part) => part === '' || part === '.' || part === '..'));

/** One file of a backup: where it lies, and its bytes. */
const Item = z.strictObject({ path: Place, sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.number().int().min(0) });
export type Item = z.infer<typeof Item>;

/** What a list holds, and the hash of the list itself. */
export const Tally = z.strictObject({ files: z.number().int(), bytes: z.number().int(), sha256: z.string() });
export type Tally = z.infer<typeof Tally>;

/** A list of files as lines of JSON: as long as it must be, and never in memory. */
export class InventoryWriter {
  readonly #hash: Hash = createHash('sha256');
  #files = 0;
  #bytes = 0;
  #written = Promise.resolve();

  private constructor(private readonly file: FileHandle) {}

  /** @throws when the file is there already. */
  static async create(file: string): Promise<InventoryWriter> {
    return new InventoryWriter(await open(file, 'wx', 0o600));
  }

  add(items: readonly Item[]): Promise<void> {
    const text = items.map(({ path, sha256, bytes }) => `${JSON.stringify({ path, sha256, bytes })}\n`).join('');
    this.#files += items.length;
    this.#bytes += items.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#hash.update(text);
    this.#written = this.#written.then(() => this.file.appendFile(text));
    return this.#written;
  }

  /** Safe on the disk. */
  async close(): Promise<Tally> {
    await this.#written;
    await this.file.sync();
    await this.abandon();
    return { files: this.#files, bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  /** Whether it was closed or not. */
  async abandon(): Promise<void> {
    await this.file.close();
  }
}

/** The files of a list, one after another. @throws AppError artifact_corrupt where a line is none, or names a place outside. */
export async function* readInventory(file: string): AsyncGenerator<Item> {
  const input = createReadStream(file);
  try {
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      const item = Item.safeParse(parsed(line));
      if (!item.success) throw new AppError('artifact_corrupt', 'a list of the backup is damaged');
      yield item.data;
    }
  } finally {
    input.destroy();
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
