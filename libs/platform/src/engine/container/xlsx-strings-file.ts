import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SpillFile } from '@attune/formats';
import { ScratchFile } from '../scratch-file.js';

const NAME = 'shared-strings';

/** A file in scratch for shared strings that are too many for memory; it is there only when there are. */
export class StringsFile implements SpillFile {
  readonly #path: string;
  #file: ScratchFile | undefined;

  constructor(scratch: string) {
    this.#path = join(scratch, NAME);
  }

  write(bytes: Uint8Array): void {
    this.#file ??= new ScratchFile(this.#path);
    this.#file.write(bytes);
  }

  read(offset: number, into: Uint8Array): number {
    return this.#file?.read(offset, into) ?? 0;
  }

  close(): void {
    if (this.#file === undefined) return;
    this.#file.close();
    rmSync(this.#path);
  }
}
