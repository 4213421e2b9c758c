export * from './output.js';
export * from './registry.js';
export { reportHtml } from './report/report.js';
export type { ReportFacts } from './report/report-facts.js';
export { csvHeader } from './csv/csv-header.js';
export { beginsFormula, formulaQuestion } from './spreadsheet-text.js';
export { SheetRows } from './xlsx/sheet-rows.js';
export { sheetPart, sheetsFor, workbookParts } from './xlsx/workbook-parts.js';
