export { DEFAULT_INFLATED_LIMIT, InflateMeter } from './container/inflate-meter.js';
export { compoundDirectory, CONTAINER_NAMES, containerOf, MAGIC_BYTES, refuseNesting } from './container/magic.js';
export { MemberAccounts } from './container/member-account.js';
export { memberName } from './container/member-name.js';
export {
  DEFLATED,
  MAX_ZIP_ENTRIES,
  officeParts,
  partName,
  refuseCount,
  regularMembers,
  STORED,
  type ZipEntry,
} from './container/zip-directory.js';
export { emptyAccount, type ByteAccount, type RejectedRecord } from './text/account.js';
export type { Batch } from './text/batch.js';
export { cutOf, type Cut } from './text/cuttable.js';
export { detectText, type TextSample } from './text/detect.js';
export { MAX_COLUMNS, TEXT_LIMITS, type TextLimits } from './text/limits.js';
export { openReader } from './text/open-reader.js';
export type { ReaderOptions, RecordPlace, RecordReader, TextPlan } from './text/record-reader.js';
export { type NumberFormat } from './workbook/number-format.js';
export {
  RelationshipsPart,
  relationshipsOf,
  StylesPart,
  WorkbookPart,
  type Relationship,
  type SheetEntry,
} from './workbook/package-parts.js';
export { SharedStrings, SharedStringsPart, type SpillFile } from './workbook/shared-strings.js';
export { SheetPart, type SheetContext } from './workbook/sheet-part.js';
export { markOf, XmlTokens } from './workbook/xml-tokens.js';
