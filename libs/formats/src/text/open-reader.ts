import { findStructured } from '../registry.js';
import { openDecoded } from './open-decoded.js';
import type { ReaderOptions, RecordReader, TextPlan } from './record-reader.js';
import { Utf16Reader } from './utf16-reader.js';

/**
 * Opens the reader of record for a text; `width` is the number of its columns. A record that is not as wide, and a line
 * that is not as long as the layout, is set aside.
 */
export function openReader(plan: TextPlan, width: number, options: ReaderOptions = {}): RecordReader {
  const structured = findStructured(plan.format ?? 'delimited');
  const reader = structured?.open(plan, width, options) ?? openDecoded(plan, width, options);
  const { encoding } = plan;
  return encoding === 'utf-16le' || encoding === 'utf-16be' ? new Utf16Reader(reader, encoding) : reader;
}
