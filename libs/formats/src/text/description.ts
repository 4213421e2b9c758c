import { AppError, type Detection, type Encoding, type TextOptions } from '@attune/core';
import type { Batch } from './batch.js';
import { openDecoded } from './open-decoded.js';
import type { TextPlan } from './record-reader.js';
import type { Sample } from './sample.js';

/** What is known of a text before its fields are looked at. */
export interface TextFacts {
  readonly sample: Sample;
  readonly encoding: Encoding;
  readonly told: TextOptions;
}

/** What a text turned out to be; the rest of a detection does not depend on how its fields are cut. */
export type Description = Omit<Detection, 'container' | 'encoding' | 'fingerprint'>;

/** Records that the header is compared with. */
const HEADER_SAMPLE = 200;

/** The first records of the sample from `at` on that the reader accepts; of UTF-16 the sample is decoded already. */
export function firstRecords(
  { sample, encoding, told }: TextFacts,
  at: number,
  cut: Pick<TextPlan, 'dialect' | 'layout'>,
  width: number,
): Batch {
  // The reader undoes doubled quotes in place.
  const bytes = new Uint8Array(sample.text.subarray(at));
  const plan: TextPlan = {
    ...cut,
    dialect: { ...cut.dialect, header: false, bom: 0 },
    encoding,
    comments: told.comments ?? null,
    trailers: null,
  };
  const reader = openDecoded(plan, width, { batchRecords: HEADER_SAMPLE });
  reader.read(bytes, 0, bytes.length, true);
  return reader.batch;
}

/** Throws AppError `encoding`: names that cannot be read cannot be mapped. */
export function unreadableHeader(): never {
  throw new AppError('encoding', 'The header holds bytes that are no characters in the encoding of the text.');
}
