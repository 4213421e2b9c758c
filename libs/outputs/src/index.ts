export * from './output.js';
export * from './registry.js';
export { SheetRows } from './xlsx/sheet-rows.js';
export { sheetPart, sheetsFor, workbookParts } from './xlsx/workbook-parts.js';
