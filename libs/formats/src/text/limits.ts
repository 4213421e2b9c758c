/**
 * How large one record of a text may be. Measured from the record's start, never from a chunk's, in bytes as received;
 * of UTF-16 in the bytes that the text has in UTF-8.
 */
export interface TextLimits {
  /** Bytes of one field as received, its quotes included. */
  readonly fieldBytes: number;
  /** Bytes of one record, its line end not included. */
  readonly recordBytes: number;
  /** Physical lines that one record may span. */
  readonly recordLines: number;
  /** Bytes of one line that may still be a trailer; a longer line is none, so that what is held back stays small. */
  readonly trailerBytes: number;
}

export const TEXT_LIMITS: TextLimits = { fieldBytes: 1 << 20, recordBytes: 16 << 20, recordLines: 1000, trailerBytes: 1 << 16 };

/** More columns than this end a job. */
export const MAX_COLUMNS = 4096;
