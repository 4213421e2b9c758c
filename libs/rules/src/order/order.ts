import { identifier, join, sql, type Sql } from '@attune/sql';
import { z } from 'zod';
import { defineRule, FieldName, notApplicable } from '../define-rule.js';
import { dayOf, isNumber, isPresent, isTime, notAfter, numberOf, textOf, typeOf } from '../silver-value.js';

/** The first field is not above the second. */
export const order = defineRule({
  kind: 'order',
  description:
    'The first of two fields is not above the second (with `strict` below it): days and times, or numbers of one kind. Times are compared as exactly as both are known; where only one of them says its offset from UTC, a day between them is allowed.',
  dimension: 'consistency',
  severity: 'error',
  parameters: { fields: z.tuple([FieldName, FieldName]), strict: z.boolean().default(false) },
  fields: ({ fields }) => fields,
  sentence: ({ fields: [low, high], strict }) => `${low} is ${strict ? 'before' : 'not after'} ${high}.`,
  fix: ({ fields: [low, high] }) => `Correct ${low} or ${high} at the source; maybe their columns are mapped the wrong way round.`,
  compile: ({ fields: [low, high], strict }, context) => {
    const [lowType, highType] = [typeOf(context, low), typeOf(context, high)];
    const judged = sql`${isPresent(low)} AND ${isPresent(high)}`;
    const at = { scope: 'record', judged, value: textOf(low) } as const;
    if (isTime(lowType) && isTime(highType)) {
      if (lowType === 'date' && highType === 'date')
        return { ...at, failed: sql`NOT (${compared(identifier(low), identifier(high), strict)})` };
      return { ...at, failed: sql`NOT (${timesInOrder(low, high, strict)})` };
    }
    const comparable = isNumber(lowType) && isNumber(highType) && (lowType === 'money') === (highType === 'money');
    if (!comparable) return notApplicable(`${low} is ${lowType} and ${high} is ${highType}, which cannot be compared.`);
    return { ...at, failed: sql`NOT (${compared(numberOf(low, lowType), numberOf(high, highType), strict)})` };
  },
  examples: [
    {
      rule: { kind: 'order', fields: ['claim_start_date', 'claim_end_date'] },
      types: { claim_start_date: 'date', claim_end_date: 'date' },
      records: [
        ['2024-01-01', '2024-01-01'],
        ['2024-01-02', '2024-01-01'],
        [null, '2024-01-01'],
        ['2024-01-02', null],
      ],
      fails: [2],
    },
    {
      rule: { kind: 'order', fields: ['encounter_start_date', 'encounter_end_date'] },
      types: { encounter_start_date: 'timestamp', encounter_end_date: 'timestamp' },
      records: [
        ['2024-01-02T10:00:00Z', '2024-01-02T09:00:00Z'],
        ['2024-01-02T10:00:00+02:00', '2024-01-02T09:00:00Z'],
        ['2024-01-02T10:00', '2024-01-02T09:59'],
        ['2024-01-02T10:00+02:00', '2024-01-02T08:00Z'],
        ['2024-01-02T10:01+02:00', '2024-01-02T08:00Z'],
        ['2024-01-02T10:00:00Z', '2024-01-02'],
        ['2024-01-02T01:00:00Z', '2024-01-01'],
        ['2024-01-03T01:00:00Z', '2024-01-01'],
        ['2024-06', '2024-05-31'],
        ['2024-06', '2024'],
        ['2024-01-02T01:00:00', '2024-01-01'],
      ],
      fails: [1, 3, 5, 8, 9, 11],
    },
    {
      rule: { kind: 'order', fields: ['birth_date', 'observation_date'] },
      types: { birth_date: 'date', observation_date: 'timestamp' },
      records: [
        ['1987-03-09', '1987-03-09T01:00'],
        ['1987-03-10', '1987-03-09T01:00'],
      ],
      fails: [2],
    },
    {
      rule: { kind: 'order', fields: ['paid_amount', 'charge_amount'], strict: true },
      types: { paid_amount: 'money', charge_amount: 'money' },
      records: [
        ['1', '2'],
        ['2', '2'],
      ],
      fails: [2],
    },
  ],
});

function compared(low: Sql, high: Sql, strict: boolean): Sql {
  return strict ? sql`${low} < ${high}` : sql`${low} <= ${high}`;
}

/**
 * Moments where both are known by the minute and both say their offset, or neither does. Otherwise days; a local day and one that was
 * told in UTC may lie next to each other and be the same.
 */
function timesInOrder(low: string, high: string, strict: boolean): Sql {
  const [lowText, highText] = [textOf(low), textOf(high)];
  const zoned = (text: Sql): Sql => sql`regexp_matches(${text}, ${ZONE})`;
  const bothTimed = sql`length(${lowText}) > 10 AND length(${highText}) > 10`;
  const moment = (text: Sql): Sql =>
    sql`CASE WHEN ${zoned(text)} THEN epoch_us(TRY_CAST(regexp_replace(${text}, ${WITHOUT_SECONDS}, '\\1:00\\2') AS TIMESTAMPTZ)) ELSE epoch_us(TRY_CAST(${text} AS TIMESTAMP)) END`;
  const dayAfter = sql`CAST(TRY_CAST(left(${highText}, 10) AS DATE) + 1 AS VARCHAR)`;
  const [lowDay, highDay] = [dayOf(low), dayOf(high)];
  return join(
    [
      sql`CASE WHEN ${zoned(lowText)} <> ${zoned(highText)} THEN ${notAfter(lowDay, sql`coalesce(${dayAfter}, ${highDay})`)}`,
      sql`WHEN ${bothTimed} AND ${moment(lowText)} IS NOT NULL AND ${moment(highText)} IS NOT NULL`,
      sql`THEN ${compared(moment(lowText), moment(highText), strict)}`,
      // Days that are equal say nothing about the times, so a strict rule cannot fail by them.
      sql`WHEN ${strictly(strict)} AND least(length(${lowText}), length(${highText})) = 10`,
      sql`THEN ${notAfter(lowDay, highDay, { strict: true })}`,
      sql`ELSE ${notAfter(lowDay, highDay)} END`,
    ],
    sql` `,
  );
}

const ZONE = sql`'T.*(Z|[+-][0-9]{2}:[0-9]{2})$'`;
/** A time with an offset and without seconds is not read by DuckDB. */
const WITHOUT_SECONDS = sql`'^(.{16})(Z|[+-].*)$'`;
const strictly = (strict: boolean): Sql => (strict ? sql`true` : sql`false`);
