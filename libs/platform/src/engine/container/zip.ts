import { isNativeError } from 'node:util/types';
import { createInflateRaw, crc32 } from 'node:zlib';
import { AppError } from '@attune/core';
import { DEFLATED, memberName, officeParts, partName, refuseCount, regularMembers, type ZipEntry } from '@attune/formats';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import type { InputFile } from '../scratch-file.js';
import { PIECE_BYTES, throughZlib, type Decoding } from './zlib-stream.js';

/** A file in a zip container, as the central directory tells of it. */
export interface ZipMember extends ZipEntry {
  /** Offset of its compressed bytes in the container. */
  readonly start: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly crc: number;
}

const HEADER_BYTES = 46;

/** What may follow the last entry: a signature of the directory, or its end in one of three forms (APPNOTE 4.3.6). */
const AFTER_DIRECTORY = [0x05054b50, 0x06064b50, 0x07064b50, 0x06054b50];

/**
 * The files in a zip container in the order of its central directory, their names as data. Throws AppError `container.corrupt`,
 * and what `regularMembers` refuses.
 */
export const zipMembers = (file: InputFile): Promise<readonly ZipMember[]> => listed(file, regularMembers);

/**
 * The parts of an Office document by their names, in lower case and without a slash before them (ECMA-376 part 2, 7.3); undefined for a zip
 * that is none. Throws AppError `container.corrupt`, and what `officeParts` refuses.
 */
export async function zipParts(file: InputFile): Promise<ReadonlyMap<string, ZipMember> | undefined> {
  const parts = new Map<string, ZipMember>();
  const members = await listed(file, officeParts);
  for (const member of members) {
    const name = partName(member.name);
    if (parts.has(name)) throw new AppError('container.corrupt', 'Two parts of the Office document have the same name.');
    parts.set(name, member);
  }
  return members.length === 0 ? undefined : parts;
}

async function listed(file: InputFile, choose: (entries: readonly Listed[]) => readonly Listed[]): Promise<readonly ZipMember[]> {
  let zip: ZipFile | undefined;
  try {
    zip = await yauzl.fromRandomAccessReaderPromise(new Positions(file), file.size, {
      decodeStrings: false,
      validateEntrySizes: false,
      autoClose: false,
    });
    const members: ZipMember[] = [];
    for (const entry of choose(await directory(zip, file))) members.push(await locate(zip, entry));
    return members;
  } catch (error) {
    throw damaged(error);
  } finally {
    zip?.close();
  }
}

/** Reads for yauzl. Positions come from the container, so that any number may be asked for. */
class Positions extends yauzl.RandomAccessReader {
  readonly #file: InputFile;

  constructor(file: InputFile) {
    super();
    this.#file = file;
  }

  override read(buffer: Buffer, offset: number, length: number, position: number, callback: (error: Error | null) => void): void {
    const read = position < this.#file.size ? this.#file.read(position, buffer.subarray(offset, offset + length)) : 0;
    setImmediate(callback, read < length ? new Error('the position lies behind the end') : null);
  }
}

interface Listed extends ZipEntry {
  readonly entry: Entry;
}

async function directory(zip: ZipFile, file: InputFile): Promise<readonly Listed[]> {
  refuseCount(zip.entryCount);
  let end = Number(zip.readEntryCursor); // a number, whatever its type says
  const entries: Listed[] = [];
  for await (const entry of zip.eachEntry()) {
    end += HEADER_BYTES + entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength;
    entries.push({
      name: yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true),
      flags: entry.generalPurposeBitFlag,
      method: entry.compressionMethod,
      madeBy: entry.versionMadeBy,
      attributes: entry.externalFileAttributes,
      entry,
    });
  }
  const next = Buffer.alloc(4);
  file.read(end, next);
  if (!AFTER_DIRECTORY.includes(next.readUInt32LE())) {
    throw new AppError('container.corrupt', 'The directory of the zip container has other entries than it says.');
  }
  return entries;
}

async function locate(zip: ZipFile, { entry, ...listed }: Listed): Promise<ZipMember> {
  const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  const { compressedSize, uncompressedSize, crc32: crc } = entry;
  return { ...listed, name: memberName(listed.name), start: fileDataStart, compressedSize, size: uncompressedSize, crc };
}

/** The bytes of a member, compared with its size and CRC-32 as they come. Throws AppError `container.corrupt` when they differ. */
export async function* unzip(file: InputFile, { method, start, compressedSize, size, crc }: ZipMember): Decoding {
  const source = file.chunks(start, start + compressedSize);
  const pieces = method === DEFLATED ? throughZlib(createInflateRaw({ chunkSize: PIECE_BYTES }), source) : stored(source);
  let out = 0;
  let sum = 0;
  let consumed = 0;
  for await (const piece of pieces) {
    out += piece.bytes.length;
    if (out > size) break;
    sum = crc32(piece.bytes, sum);
    consumed = piece.consumed;
    yield piece;
  }
  if (out !== size) throw new AppError('container.corrupt', 'A member of the zip container is of another size than its directory says.');
  if (sum !== crc) throw new AppError('container.corrupt', 'A member of the zip container does not match its checksum.');
  return consumed;
}

async function* stored(source: Iterable<Uint8Array>): Decoding {
  let consumed = 0;
  for (const bytes of source) {
    consumed += bytes.length;
    yield { bytes, consumed };
    await Promise.resolve();
  }
  return consumed;
}

/** yauzl throws plain errors where the container is at fault, and those of the file system as they are. */
function damaged(error: unknown): unknown {
  if (error instanceof AppError || !isNativeError(error) || 'code' in error) return error;
  if (error.message.includes('encryption')) return new AppError('encrypted_file', 'A member of the zip container is encrypted.');
  return new AppError('container.corrupt', 'The directory of the zip container is damaged or missing.');
}
