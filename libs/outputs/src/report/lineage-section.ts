import type { LineageBody } from '@attune/api';
import { count, counted, markup, type Html, name, NOTHING, term } from './html.js';
import type { ReportFacts } from './report-facts.js';
import { cell, omitted, type Column, table } from './table.js';

const MOST_COLUMNS = 200;

const COLUMNS: readonly Column[] = [
  { head: 'Field' },
  { head: 'From' },
  { head: 'Standardizer' },
  { head: 'Values', as: 'n' },
  { head: 'Changed', as: 'n' },
  { head: 'Refused', as: 'n' },
];

/** Which columns each field was made from, by what, and what became of the values. Constants and expressions may hold values, and are not told. */
export function lineageSection({ lineage: { fields, carried } }: ReportFacts): Html {
  const mapped = fields
    .slice(0, MOST_COLUMNS)
    .map((field) => [
      term(field.field),
      origin(field),
      field.standardizer === null ? markup`<span class="quiet">as received</span>` : term(field.standardizer),
      ...values(field),
      cell(count(field.refused)),
    ]);
  const kept = carried
    .slice(0, MOST_COLUMNS)
    .map((column) => [
      term(`source.${column.name}`),
      name(column.name),
      markup`<span class="quiet">carried as received</span>`,
      ...values(column),
      cell('–'),
    ]);
  return markup`<section aria-labelledby="lineage">
    <h2 id="lineage">Lineage</h2>
    <p>${counted(fields.length, 'field')} ${fields.length === 1 ? 'is' : 'are'} made from columns of the source; ${counted(carried.length, 'column')} ${carried.length === 1 ? 'goes' : 'go'} into the result as received. Changed is a value that is not in the result as it was received, refused one that the standardizer could not take and that is empty in the result.</p>
    ${table('lineage-list', 'From the column of the source to the field of the result', COLUMNS, [...mapped, ...kept])}${omitted(fields.length - MOST_COLUMNS, 'fields')}${omitted(carried.length - MOST_COLUMNS, 'columns')}</section>`;
}

function values({ records, nulls, changed }: LineageBody['carried'][number] | LineageBody['fields'][number]): readonly Html[] {
  return [cell(count(records - nulls)), cell(count(changed))];
}

function origin({ from, constant, expression, part, values: mapped }: LineageBody['fields'][number]): Html {
  if (constant !== undefined) return markup`<span class="quiet">a constant of the mapping</span>`;
  const columns = from.map((column, i) => (i === 0 ? name(column.name) : markup` + ${name(column.name)}`));
  const how = [
    expression === undefined ? [] : ['by an expression'],
    part === undefined ? [] : ['a part of it'],
    mapped === undefined ? [] : [`with ${counted(mapped, 'value')} of the mapping`],
  ].flat();
  return markup`${columns}${how.length === 0 ? NOTHING : markup` <span class="quiet">(${how.join(', ')})</span>`}`;
}
