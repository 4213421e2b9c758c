import { Buffer } from 'node:buffer';
import { AppError } from '@attune/core';
import type { InputFile } from '../scratch-file.js';

/** What stands at both ends of the file, and instead of it where the footer is encrypted (Parquet format, file format and encryption 4.1). */
const PLAIN = 'PAR1';
const ENCRYPTED = 'PARE';
const MAGIC = 4;
/** Length of the footer and the magic. */
const TAIL = 8;

/**
 * Looks at both ends of a Parquet file, before anything else reads it. Throws AppError `encrypted_file`, or `container.corrupt` for a file
 * that is cut short or whose footer cannot be where it says.
 */
export function refuseFooter(file: InputFile): void {
  if (file.size < MAGIC + TAIL) corrupt();
  const head = Buffer.alloc(MAGIC);
  const tail = Buffer.alloc(TAIL);
  file.read(0, head);
  file.read(file.size - TAIL, tail);
  const magic = tail.toString('latin1', MAGIC);
  if ([head.toString('latin1'), magic].includes(ENCRYPTED))
    throw new AppError('encrypted_file', 'The footer of the Parquet file is encrypted.');
  if (magic !== PLAIN) corrupt();
  const footer = tail.readUInt32LE(0);
  if (footer === 0 || footer > file.size - MAGIC - TAIL) {
    throw new AppError('container.corrupt', 'The footer of the Parquet file is longer than the file, or empty.');
  }
}

function corrupt(): never {
  throw new AppError('container.corrupt', 'The Parquet file does not end with a footer: it is cut short.');
}
