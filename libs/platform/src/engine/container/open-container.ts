import { AppError, type Container } from '@attune/core';
import type { InputFile } from '../scratch-file.js';
import { gunzip } from './gunzip.js';
import { unzip, zipMembers } from './zip.js';
import type { Decoding } from './zlib-stream.js';
import { unzstd } from './zstd.js';

/** One text inside a container. */
export interface ContainerMember {
  /** As data; empty where the container has no names of its own. */
  readonly name: string;
  readonly decode: () => Decoding;
}

/**
 * What is in a container, in the order in which it is read. Throws AppError `container.corrupt`, `zip_bomb`, `encrypted_file` or
 * `unprocessable_file` for what the directory of a zip already shows.
 */
export async function openContainer(container: Exclude<Container, 'none'>, file: InputFile): Promise<readonly ContainerMember[]> {
  switch (container) {
    case 'xlsx':
    case 'parquet':
      throw new AppError('unprocessable_file', 'The file is a workbook or a Parquet file, which is not supported here.');
    case 'gzip':
      return [{ name: '', decode: () => gunzip(file) }];
    case 'zstd':
      return [{ name: '', decode: () => unzstd(file) }];
    case 'zip':
      return (await zipMembers(file)).map((member) => ({ name: member.name, decode: () => unzip(file, member) }));
  }
}
