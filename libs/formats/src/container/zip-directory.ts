import { AppError } from '@attune/core';

/** Entries of a zip's central directory at most, directories counted. */
export const MAX_ZIP_ENTRIES = 1000;

/** What the central directory says of an entry (APPNOTE 4.3.12). All of it is what a stranger has written. */
export interface ZipEntry {
  readonly name: string;
  /** General purpose bits (APPNOTE 4.4.4). */
  readonly flags: number;
  /** Compression method (APPNOTE 4.4.5). */
  readonly method: number;
  /** Version made by: the upper byte is the system whose attributes follow (APPNOTE 4.4.2). */
  readonly madeBy: number;
  /** External attributes; on Unix the upper half is the mode of the file. */
  readonly attributes: number;
}

export const STORED = 0;
export const DEFLATED = 8;
const AES = 99;

/** Bit 0: encrypted, bit 6: strongly, bit 13: the directory itself. */
const ENCRYPTED = 0x1 | 0x40 | 0x2000;

/** Parts that make a zip an Office Open XML document (ECMA-376 part 2); a workbook without the first one is known by the others. */
const OFFICE = new Set(['[content_types].xml', 'xl/workbook.xml', 'xl/workbook.bin']);

/** What macOS packs beside each file: its attributes, never a record (AppleDouble). */
const MAC_METADATA = /^__MACOSX\/|(?:^|\/)\.DS_Store$/;

const UNIX = 3;
const FILE_TYPE = 0xf000;
const REGULAR = 0x8000;

/**
 * The entries whose bytes are the dataset, in the order given. Directories, links, devices and the metadata of macOS are passed over.
 * Throws AppError `zip_bomb` (too many entries), `encrypted_file`, or `unprocessable_file` (a workbook or another Office document,
 * an unknown compression, nothing inside).
 */
export function regularMembers<Entry extends ZipEntry>(entries: readonly Entry[]): readonly Entry[] {
  refuseCount(entries.length);
  refuseEncrypted(entries);
  if (isOffice(entries)) throw new AppError('unprocessable_file', 'The file is a workbook or another Office document, not a zip of texts.');
  const members = entries.filter((entry) => isRegular(entry) && !MAC_METADATA.test(entry.name));
  if (members.length === 0) throw new AppError('unprocessable_file', 'The zip container holds no file.');
  refuseUnknownMethods(members);
  return members;
}

/**
 * The entries of an Office document (ECMA-376 part 2), none where the zip is another one. Throws AppError `zip_bomb` (too many entries),
 * `encrypted_file`, or `unprocessable_file` (an unknown compression).
 */
export function officeParts<Entry extends ZipEntry>(entries: readonly Entry[]): readonly Entry[] {
  if (!isOffice(entries)) return [];
  refuseCount(entries.length);
  refuseEncrypted(entries);
  const parts = entries.filter(isRegular);
  refuseUnknownMethods(parts);
  return parts;
}

/** Names of parts are told apart without regard to case (ECMA-376 part 2, 7.3.4). */
export const partName = (name: string): string => name.replaceAll('\\', '/').replace(/^\/+/, '').toLowerCase();

const isOffice = (entries: readonly ZipEntry[]): boolean => entries.some(({ name }) => OFFICE.has(partName(name)));

function refuseEncrypted(entries: readonly ZipEntry[]): void {
  if (entries.some(({ flags, method }) => (flags & ENCRYPTED) !== 0 || method === AES)) {
    throw new AppError('encrypted_file', 'A member of the zip container is encrypted.');
  }
}

function refuseUnknownMethods(members: readonly ZipEntry[]): void {
  const unknown = members.findIndex(({ method }) => method !== STORED && method !== DEFLATED);
  if (unknown < 0) return;
  const { method } = members[unknown]!;
  throw new AppError(
    'unprocessable_file',
    `Member ${unknown + 1} of the zip container is compressed by method ${method}, which is not supported.`,
  );
}

/** Throws AppError `zip_bomb` when a directory has, or says it has, too many entries. */
export function refuseCount(entries: number): void {
  if (entries > MAX_ZIP_ENTRIES) throw new AppError('zip_bomb', `The zip container has more than ${MAX_ZIP_ENTRIES} entries.`);
}

function isRegular({ name, madeBy, attributes }: ZipEntry): boolean {
  if (name.endsWith('/')) return false;
  const type = madeBy >> 8 === UNIX ? (attributes >>> 16) & FILE_TYPE : 0;
  return type === 0 || type === REGULAR;
}
