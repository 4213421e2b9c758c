import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseJobOptions, parseRequest, type JobOptionsRequest } from '@attune/api';
import { AppError, Detection, GivenMapping, SampleProfile } from '@attune/core';
import { containerOf } from '@attune/formats';
import type { CallContext } from '@attune/platform';

/** Bytes of a head at most; the whole of a smaller file. */
export const HEAD_BYTES = 1024 * 1024;
const LINE_ENDS = [0x0a, 0x0d];

/** The part that all requests about the head of a file have; `size_bytes` 0 means that the head is the whole file. */
export interface HeadRequest {
  readonly head: Uint8Array;
  readonly size_bytes: number;
  readonly options_json: string;
}

export interface InspectedHead {
  readonly options: JobOptionsRequest;
  readonly detection: Detection;
  readonly profile: SampleProfile;
  /** The head in a file of the call's scratch directory, without the line that was cut in the middle. */
  readonly input: string;
  /** The head is the whole file. */
  readonly whole: boolean;
}

/**
 * What the stage inspect would find out about the head of a file.
 * @throws AppError payload_too_large, validation_failed, and the codes of files that cannot be read
 */
export async function inspectHead(request: HeadRequest, { engine, signal, scratch }: CallContext): Promise<InspectedHead> {
  const { head, size_bytes: size } = request;
  if (head.length > HEAD_BYTES) throw new AppError('payload_too_large', 'the head is larger than 1 MiB');
  if (head.length === 0) throw new AppError('unprocessable_file', 'the file is empty: it has 0 bytes');
  const options = parseJobOptions(request.options_json);
  const input = path.join(scratch, 'head');
  const whole = size <= head.length;
  if (!whole && containerOf(head) === 'parquet') {
    throw new AppError('unprocessable_file', 'A Parquet file is read from its end; only one that is whole within 1 MiB can be previewed.');
  }
  if (!whole && containerOf(head) === 'zip') {
    throw new AppError(
      'unprocessable_file',
      'Workbooks and zips are read from their end; only those that are whole within 1 MiB can be previewed.',
    );
  }
  await writeFile(input, whole ? head : wholeLines(head));
  await engine.run('inspect', { input, scratch, text: options.text }, { signal });
  const detection = Detection.parse(await json(path.join(scratch, 'detection.json')));
  const profile = SampleProfile.parse(await json(path.join(scratch, 'sample-profile.json')));
  return { options, detection, profile, input, whole };
}

/** The mapping document that a caller gave as JSON text, if any. @throws AppError validation_failed */
export function givenMapping(text: string): GivenMapping | undefined {
  if (text === '') return undefined;
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch (cause) {
    const errors = [{ pointer: '/mapping_json', code: 'invalid_json', message: 'The text is not JSON.' }];
    throw new AppError('validation_failed', 'The mapping is not JSON.', { cause, errors });
  }
  return parseRequest(GivenMapping, input, { what: 'The mapping', base: '/mapping_json' });
}

/** The file goes on behind the head, so its last line may be cut in the middle; what is in a container has no lines to cut at. */
function wholeLines(head: Uint8Array): Uint8Array {
  if (containerOf(head) !== 'none') return head;
  const end = Math.max(...LINE_ENDS.map((byte) => head.lastIndexOf(byte))) + 1;
  if (end === 0) return head;
  const littleEndian = head[0] === 0xff && head[1] === 0xfe;
  return head.subarray(0, littleEndian ? end + (end % 2) : end);
}

async function json(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8')) as unknown;
}
