/** How large one record of a text may be. Measured from the record's start, never from a chunk's. */
export interface TextLimits {
  /** Bytes of one field as received, its quotes included. */
  readonly fieldBytes: number;
  /** Bytes of one record, its line end not included. */
  readonly recordBytes: number;
  /** Physical lines that one record may span. */
  readonly recordLines: number;
}

export const TEXT_LIMITS: TextLimits = { fieldBytes: 1 << 20, recordBytes: 16 << 20, recordLines: 1000 };

/** More columns than this end a job. */
export const MAX_COLUMNS = 4096;
