import { findingSection, quarantineSection } from './finding-section.js';
import { fieldSection } from './field-section.js';
import { markup, type Html } from './html.js';
import { jobHeader, recordSection } from './job-section.js';
import { lineageSection } from './lineage-section.js';
import type { ReportFacts } from './report-facts.js';
import { STYLE } from './report-style.js';
import { ruleSection } from './rule-section.js';
import { scoreSection } from './score-section.js';

/** The page loads nothing and runs nothing, whoever serves it, and from a file too. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const PLACES: readonly (readonly [id: string, heading: string])[] = [
  ['records', 'Records'],
  ['scores', 'Scores'],
  ['findings', 'Findings'],
  ['quarantine', 'Quarantine'],
  ['rules', 'Rules'],
  ['fields', 'Fields'],
  ['lineage', 'Lineage'],
];

/**
 * The report of a job for people: one HTML document (UTF-8) that is whole in itself. It loads nothing and runs no script, so that it opens from
 * a file; it holds names of fields and columns, counts, codes and sentences, and no value of a record. The same facts give the same bytes.
 */
export function reportHtml(facts: ReportFacts): string {
  const page: Html = markup`<!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8"/>
    <meta http-equiv="Content-Security-Policy" content="${POLICY}"/>
    <meta name="viewport" content="width=device-width, initial-scale=1"/>
    <meta name="color-scheme" content="light dark"/>
    <meta name="referrer" content="no-referrer"/>
    <meta name="robots" content="noindex"/>
    <title>Data quality report – ${facts.job.id}</title>
    <style>${STYLE}</style></head>
    <body>
    <header><a class="skip" href="#records">Skip to the report</a>
    ${jobHeader(facts)}
    <nav aria-label="Sections">
    <ul>${PLACES.map(([id, heading]) => markup`<li><a href="#${id}">${heading}</a></li>`)}</ul></nav></header>
    <main>${recordSection(facts)}
    ${scoreSection(facts)}
    ${findingSection(facts)}
    ${quarantineSection(facts)}
    ${ruleSection(facts)}
    ${fieldSection(facts)}
    ${lineageSection(facts)}</main>
    <footer>
    <p>Made by Attune. This file is complete: it loads nothing, runs nothing, and holds names, counts and sentences, but no value of a record.</p></footer></body></html>`;
  return page.text;
}
