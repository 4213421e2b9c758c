import type { Container, Finding } from '@attune/core';
import type { InputFile } from '../scratch-file.js';
import { gunzip } from './gunzip.js';
import { unparquet, type ParquetPlace } from './parquet.js';
import { unzip, zipMembers } from './zip.js';
import { Workbook, type WorkbookPlace } from './xlsx.js';
import type { Decoding } from './zlib-stream.js';
import { unzstd } from './zstd.js';

/** One text inside a container. */
export interface ContainerMember {
  /** As data; empty where the container has no names of its own. */
  readonly name: string;
  readonly decode: () => Decoding;
  /** What is to be told of it once it was decoded to its end. */
  readonly findings?: () => readonly Finding[];
}

/** Where and how far a container is unwrapped, and what of it. */
export type ContainerPlace = ParquetPlace & WorkbookPlace;

/**
 * What is in a container, in the order in which it is read; what cannot be unwrapped piece by piece is unwrapped at `place`. Throws AppError
 * `container.corrupt`, `zip_bomb`, `encrypted_file` or `unprocessable_file` for what the directory of a zip already shows.
 */
export async function openContainer(
  container: Exclude<Container, 'none'>,
  file: InputFile,
  place: ContainerPlace,
): Promise<readonly ContainerMember[]> {
  switch (container) {
    case 'xlsx': {
      const workbook = await Workbook.open(file, place);
      return [{ name: '', decode: () => workbook.decode(), findings: () => workbook.findings }];
    }
    case 'parquet':
      return [{ name: '', decode: () => unparquet(file, place) }];
    case 'gzip':
      return [{ name: '', decode: () => gunzip(file) }];
    case 'zstd':
      return [{ name: '', decode: () => unzstd(file) }];
    case 'zip':
      return (await zipMembers(file)).map((member) => ({ name: member.name, decode: () => unzip(file, member) }));
  }
}
