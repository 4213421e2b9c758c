import type { Container } from '@attune/core';
import { compoundDirectory, CONTAINER_NAMES, containerOf, InflateMeter, refuseNesting } from '@attune/formats';
import { InputFile } from '../scratch-file.js';
import { openContainer, type ContainerPlace } from './open-container.js';
import { parquetSample } from './parquet-sample.js';
import type { Sample } from './sampled-bytes.js';
import { Workbook } from './xlsx.js';
import { workbookSample } from './xlsx-sample.js';

const HEAD = 1 << 20;
const WINDOW = 1 << 16;
const WINDOWS = 16;

/**
 * Reads the head, windows spread over the rest and the tail of a plain file, and the head of a container's first member.
 * No more of a container is inflated than that, though all of a zip's directory is looked at. Throws AppError `zip_bomb`,
 * `encrypted_file`, `container.corrupt` or `unprocessable_file`.
 */
export async function takeSample(input: string, place: ContainerPlace): Promise<Sample> {
  const file = new InputFile(input);
  try {
    const head = take(file, 0, HEAD);
    const container = containerOf(withDirectory(head, file));
    if (container === 'none')
      return { container, evidence: [], head, windows: windows(file, head.length), size: file.size, fileSize: file.size };
    if (container === 'parquet') return await parquetSample(file, place, HEAD);
    if (container === 'zip' && (await Workbook.isIn(file))) return await workbookSample(file, place, HEAD);
    return await decodedSample(container, file, place);
  } finally {
    file.close();
  }
}

async function decodedSample(container: Exclude<Container, 'none'>, file: InputFile, place: ContainerPlace): Promise<Sample> {
  const meter = new InflateMeter(place.inflatedBytes, file.size);
  const members = await openContainer(container, file, place);
  const head = new Uint8Array(HEAD);
  let held = 0;
  let whole = true;
  for await (const { bytes, consumed } of members[0]!.decode()) {
    meter.take(bytes.length, consumed);
    const room = Math.min(bytes.length, HEAD - held);
    head.set(bytes.subarray(0, room), held);
    held += room;
    whole = room === bytes.length;
    if (!whole) break;
  }
  refuseNesting(head.subarray(0, held));
  const holds =
    container === 'zip'
      ? `a zip container of ${members.length} ${members.length === 1 ? 'file' : 'files'}`
      : `a ${CONTAINER_NAMES[container]} container`;
  return {
    container,
    evidence: [`The file is ${holds}, told by its first bytes.`],
    head: head.subarray(0, held),
    windows: [],
    size: whole ? held : held + 1,
    fileSize: file.size,
  };
}

/** What an old Office document is stands in its directory, wherever that lies. */
function withDirectory(head: Uint8Array, file: InputFile): Uint8Array {
  const at = compoundDirectory(head);
  return at === undefined || at >= file.size ? head : Buffer.concat([head, take(file, at, WINDOW)]);
}

/** Windows never overlap the head; the last one ends with the file. */
function windows(file: InputFile, head: number): Uint8Array[] {
  const rest = file.size - head;
  if (rest <= 0) return [];
  if (rest <= (WINDOWS + 1) * WINDOW) return [take(file, head, rest)];
  const step = (rest - WINDOW) / WINDOWS;
  const spread = Array.from({ length: WINDOWS }, (_, i) => take(file, head + Math.floor(i * step), WINDOW));
  return [...spread, take(file, file.size - WINDOW, WINDOW)];
}

function take(file: InputFile, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(Math.min(length, file.size - offset));
  return bytes.subarray(0, file.read(offset, bytes));
}
