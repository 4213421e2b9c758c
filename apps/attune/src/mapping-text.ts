import type { MappingDecision, MappingDiff } from '@attune/pipeline';
import type { TriedDocument } from './mapping-document.js';
import { count } from './progress.js';
import { table, visible } from './table.js';

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** A suggestion for people: what a record is, which column is which field, and what is not sure. */
export function suggestionText(path: string, { mapping, unsure }: MappingDecision): string {
  const rows = mapping.fields.map(({ field, from, confidence, reasons }) => [
    from.map(({ name }) => name).join(' + '),
    field,
    percent(confidence),
    reasons.join(' '),
  ]);
  const carried = unsure.map(({ column, field, confidence, reasons }) => [
    column.name,
    field === undefined ? '' : `${field}?`,
    field === undefined ? '' : percent(confidence),
    reasons.join(' '),
  ]);
  const lines = [`${visible(path)}: a record is a ${mapping.entity}`, ...(mapping.reasons ?? []).map((reason) => `  ${visible(reason)}`)];
  const applied = rows.length === 0 ? 'No column is sure enough.\n' : table(['column', 'becomes', 'sure', 'why'], rows);
  const rest = carried.length === 0 ? '' : `\nCarried along as they are:\n${table(['column', 'may be', 'sure', 'why not'], carried)}`;
  return `${lines.join('\n')}\n\n${applied}${rest}`;
}

/** What a mapping makes of a sample, field by field. */
export function testText({ records, quarantined, fields }: TriedDocument): string {
  const rows = fields.map(({ field, received, fits, nulls, findings, first }) => [
    field,
    `${count(fits)} of ${count(received)}`,
    count(nulls),
    findings.map(({ code, count: times }) => `${code} × ${count(times)}`).join(', '),
    first[0] === undefined ? '' : `line ${count(first[0].line)}`,
  ]);
  const head = `${count(records)} records in the sample, ${count(quarantined)} of them set aside\n\n`;
  return `${head}${table(['field', 'fits', 'empty', 'findings', 'first'], rows)}`;
}

/** What differs between two mappings. */
export function diffText({ entity, added, removed, changed }: MappingDiff): string {
  const columns = ({ from, expression }: MappingDiff['added'][number]): string =>
    expression !== undefined
      ? expression
      : from.length === 0
        ? 'a constant'
        : from.map(({ name, ordinal }) => name || `column ${ordinal + 1}`).join(' + ');
  const lines = [
    ...(entity === null ? [] : [`entity: ${entity.before} -> ${entity.after}`]),
    ...removed.map((field) => `- ${field.field} from ${columns(field)}`),
    ...added.map((field) => `+ ${field.field} from ${columns(field)}`),
    ...changed.map(({ field, changed: members, before, after }) => {
      const moved = members.includes('from') || members.includes('expression') ? `: ${columns(before)} -> ${columns(after)}` : '';
      return `~ ${field} (${members.join(', ')})${moved}`;
    }),
  ];
  return lines.length === 0 ? 'The mappings are the same.\n' : `${lines.map(visible).join('\n')}\n`;
}
