import { FixedWidthScanner } from '../fixed-width/scanner.js';
import { DelimitedScanner } from '../delimited/scanner.js';
import { batchCapacity, createBatch } from './batch.js';
import { BeginsWith } from './begins-with.js';
import { TEXT_LIMITS } from './limits.js';
import type { ReaderOptions, TextPlan } from './record-reader.js';
import { isSingleByte, SingleByteCharacters } from './single-byte.js';
import { TextReader } from './text-reader.js';
import { utf8Characters } from './utf8.js';

/** Bytes of U+FEFF in UTF-8, as which UTF-16 is read. */
const UTF8_BOM_BYTES = 3;

/** The reader of a delimited or fixed-width text in bytes that extend ASCII: UTF-16 decoded to UTF-8, other encodings as they are. */
export function openDecoded(plan: TextPlan, width: number, options: ReaderOptions = {}): TextReader {
  const { dialect, encoding, layout, comments, trailers } = plan;
  const limits = { ...TEXT_LIMITS, ...options.limits };
  const capacity = batchCapacity(width, options.batchRecords);
  const batch = createBatch(width, capacity);
  const utf16 = encoding === 'utf-16le' || encoding === 'utf-16be';
  const unit = utf16 ? 'utf-16' : encoding === 'utf-8' ? encoding : 'byte';
  return new TextReader({
    batch,
    capacity,
    scanner:
      layout === null
        ? new DelimitedScanner(dialect, width, limits, batch.starts, batch.ends)
        : new FixedWidthScanner(layout, unit, batch.starts, batch.ends),
    characters: isSingleByte(encoding) ? new SingleByteCharacters(encoding) : utf8Characters,
    quote: dialect.quote,
    header: dialect.header,
    bom: utf16 && dialect.bom > 0 ? UTF8_BOM_BYTES : dialect.bom,
    utf16,
    comments: comments === null ? undefined : BeginsWith.of(comments.prefix, encoding),
    trailers: trailers !== null && 'prefix' in trailers ? BeginsWith.of(trailers.prefix, encoding) : undefined,
    trailerLines: trailers !== null && 'lines' in trailers ? trailers.lines : 0,
    trailerBytes: limits.trailerBytes,
    at: options.at,
  });
}
