import { Draw } from './draw.js';

/**
 * What can be wrong with a whole record. `nul`, `crlf` and `blank_line` leave it readable in every format; a number of fields that is
 * not the header's breaks a record of CSV and leaves one of NDJSON readable.
 */
export const FAULTS = [
  'too_few_fields',
  'too_many_fields',
  'stray_quote',
  'unterminated_quote',
  'invalid_utf8',
  'nul',
  'crlf',
  'blank_line',
] as const;
export type Fault = (typeof FAULTS)[number];

/** A record that is not an original; ordinals are counted from 1. In a truth file it is a JSON line as it stands here. */
export type Planted =
  | { readonly ordinal: number; readonly kind: 'duplicate' | 'padded'; readonly original: number }
  | { readonly ordinal: number; readonly kind: 'hostile'; readonly fault: Fault };

/** How many records of each kind were made; originals, duplicates, padded and faults add up to `records`. */
export interface TruthCounts {
  readonly records: number;
  readonly originals: number;
  /** Repeat an earlier record byte for byte. */
  readonly duplicates: number;
  /** Repeat an earlier record but for blanks around two of its values. */
  readonly padded: number;
  readonly faults: Readonly<Record<Fault, number>>;
}

/** Share of the duplicates that are padded. */
const PADDED_SHARE = 0.2;
/** How far back the record can lie that a duplicate repeats. */
const REACH = 1000;
const STREAM = 1;

/** Says of any record what it is: depends on seed, shares and ordinal only. */
export class Kinds {
  /** Of the record that was asked for last. */
  kind: 'original' | 'duplicate' | 'padded' | 'hostile' = 'original';
  fault: Fault = 'nul';
  /** Ordinal of the original whose values the record has; its own unless it is a duplicate. */
  base = 0;
  private readonly draw = new Draw();
  private readonly faults = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Record<Fault, number>;
  private originals = 0;
  private duplicates = 0;
  private padded = 0;

  constructor(
    private readonly seed: number,
    private readonly hostileShare: number,
    private readonly duplicateShare: number,
  ) {}

  get counts(): TruthCounts {
    const { originals, duplicates, padded, faults } = this;
    const records = Object.values(faults).reduce((sum, count) => sum + count, originals + duplicates + padded);
    return { records, originals, duplicates, padded, faults: { ...faults } };
  }

  /** Decides and counts record `i`, counted from 0. */
  decide(i: number): void {
    const { draw } = this;
    this.base = i;
    draw.at(this.seed, STREAM, i);
    if (draw.share() < this.hostileShare) {
      this.kind = 'hostile';
      this.fault = draw.of(FAULTS);
      this.faults[this.fault] += 1;
      return;
    }
    const repeats = draw.share() < this.duplicateShare;
    const padded = repeats && draw.share() < PADDED_SHARE;
    if (repeats) this.base = this.originalBehind(i, i - 1 - draw.below(REACH));
    this.kind = this.base === i ? 'original' : padded ? 'padded' : 'duplicate';
    if (this.kind === 'original') this.originals += 1;
    else if (this.kind === 'padded') this.padded += 1;
    else this.duplicates += 1;
  }

  /** The record that was decided last as truth has it; undefined for an original. */
  planted(i: number): Planted | undefined {
    const { kind, fault } = this;
    if (kind === 'original') return undefined;
    return kind === 'hostile' ? { ordinal: i + 1, kind, fault } : { ordinal: i + 1, kind, original: this.base + 1 };
  }

  /** A duplicate of a duplicate repeats the latter's original. What would repeat a hostile record, or one before the first, is original. */
  private originalBehind(i: number, earlier: number): number {
    const { draw } = this;
    for (let at = i; ;) {
      if (earlier < 0) return at;
      draw.at(this.seed, STREAM, earlier);
      if (draw.share() < this.hostileShare) return at;
      at = earlier;
      if (draw.share() >= this.duplicateShare) return at;
      draw.share();
      earlier = at - 1 - draw.below(REACH);
    }
  }
}
