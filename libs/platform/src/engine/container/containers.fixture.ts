import { crc32, deflateRawSync, constants, createDeflateRaw } from 'node:zlib';
import { once } from 'node:events';

/** What a test wants in a zip, lies included. */
export interface ZipFileOptions {
  readonly name: string | Buffer;
  readonly bytes: Buffer;
  readonly store?: boolean;
  /** Given where the compressed bytes are made elsewhere. */
  readonly compressed?: Buffer;
  readonly flags?: number;
  readonly method?: number;
  readonly crc?: number;
  readonly size?: number;
  /** Unix mode, as the upper half of the external attributes. */
  readonly mode?: number;
}

const u16 = (n: number): Buffer => Buffer.from([n & 255, (n >> 8) & 255]);
const u32 = (n: number): Buffer => Buffer.concat([u16(n & 0xffff), u16(n >>> 16)]);

/** A zip container written by the book (APPNOTE 4.3), except where the options say something else. `entries` may lie about the count. */
export function zipOf(files: readonly ZipFileOptions[], { entries = files.length }: { entries?: number } = {}): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const file of files) {
    const name = Buffer.isBuffer(file.name) ? file.name : Buffer.from(file.name);
    const compressed = file.compressed ?? (file.store === true ? file.bytes : deflateRawSync(file.bytes));
    const method = file.method ?? (file.store === true ? 0 : 8);
    const flags = (file.flags ?? 0) | 0x800;
    const sizes = [u32(file.crc ?? crc32(file.bytes)), u32(compressed.length), u32(file.size ?? file.bytes.length)];
    const known = Buffer.concat([u16(20), u16(flags), u16(method), u32(0), ...sizes, u16(name.length), u16(0)]);
    const header = Buffer.concat([u32(0x04034b50), known, name]);
    const place = [u16(0), u16(0), u16(0), u32((file.mode ?? 0o100644) * 65536), u32(offset)];
    central.push(Buffer.concat([u32(0x02014b50), u16(0x0314), known, ...place, name]));
    local.push(header, compressed);
    offset += header.length + compressed.length;
  }
  const directory = Buffer.concat(central);
  const end = [u32(0x06054b50), u16(0), u16(0), u16(entries), u16(entries), u32(directory.length), u32(offset), u16(0)];
  return Buffer.concat([...local, directory, ...end]);
}

/** A zstd frame of raw blocks, without checksum (RFC 8878, section 3.1.1): a window of 8 MiB, then blocks of at most 128 KiB. */
export function zstdOf(bytes: Buffer): Buffer {
  const blocks: Buffer[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += 1 << 17) {
    const block = bytes.subarray(at, at + (1 << 17));
    blocks.push(blockHeader(at + (1 << 17) >= bytes.length, 0, block.length), block);
  }
  return Buffer.concat([ZSTD_HEADER, ...blocks]);
}

/** A zstd frame that repeats one letter: four bytes for 128 KiB. */
export function zstdBomb(blocks: number): Buffer {
  const block = Buffer.concat([blockHeader(false, 1, 1 << 17), Buffer.from('x')]);
  return Buffer.concat([ZSTD_HEADER, ...Array.from({ length: blocks }, () => block), blockHeader(true, 0, 0)]);
}

const ZSTD_HEADER = Buffer.from('28b52ffd0068', 'hex');
const blockHeader = (last: boolean, type: number, size: number): Buffer => u32((size << 3) | (type << 1) | (last ? 1 : 0)).subarray(0, 3);

/** A frame that readers pass over (RFC 8878, section 3.1.2). */
export const zstdSkippable = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from('502a4d18', 'hex'), u32(bytes.length), bytes]);

/** One gzip stream of `mebibytes` MiB of zeros, made of one flushed piece again and again; nobody gets to its checksum. */
export async function gzipBomb(mebibytes: number): Promise<Buffer> {
  const deflate = createDeflateRaw({ level: 9 });
  const pieces: Buffer[] = [];
  deflate.on('data', (piece: Buffer) => pieces.push(piece));
  for (let i = 0; i < 64; i++) if (!deflate.write(Buffer.alloc(1 << 20))) await once(deflate, 'drain');
  await new Promise<void>((resolve) => deflate.flush(constants.Z_FULL_FLUSH, resolve));
  const piece = Buffer.concat(pieces);
  deflate.destroy();
  const header = Buffer.from('1f8b0800000000000003', 'hex');
  return Buffer.concat([
    header,
    ...Array.from({ length: Math.ceil(mebibytes / 64) }, () => piece),
    Buffer.from('0300', 'hex'),
    Buffer.alloc(8),
  ]);
}
