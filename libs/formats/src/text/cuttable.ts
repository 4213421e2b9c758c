import { findStructured } from '../registry.js';
import type { TextPlan } from './record-reader.js';

/** How the start of a record is found from the middle of a text: `lines`, most begin after a line feed; `records`, by reading from the start. */
export type Cut = 'lines' | 'records' | 'none';

/**
 * Whether a text can be read from the start of any record, and how such a start is found. Not at all (`none`) in UTF-16, whose decoder may
 * hold half a character, where the last lines are no records, and where what lies around the records can be told from their start only.
 */
export function cutOf({ encoding, trailers, format, json }: TextPlan): Cut {
  if (encoding === 'utf-16le' || encoding === 'utf-16be' || (trailers !== null && 'lines' in trailers)) return 'none';
  if (findStructured(format ?? 'delimited') === undefined || json?.records === 'lines') return 'lines';
  return json?.records === 'object' ? 'records' : 'none';
}
