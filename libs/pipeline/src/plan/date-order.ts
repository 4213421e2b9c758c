import type { ColumnProfile, FieldMapping, SampleProfile } from '@attune/core';

interface Order {
  readonly order: 'mdy' | 'dmy';
  readonly reason: string;
}

/** Month first, as in the United States, unless the sample holds more dates that are only dates with the day first. */
function chooseOrder(profile: ColumnProfile | undefined): Order {
  const monthFirst = profile?.fits['date:mdy'] ?? 0;
  const dayFirst = profile?.fits['date:dmy'] ?? 0;
  if (dayFirst > monthFirst) {
    return {
      order: 'dmy',
      reason: `Day first: ${dayFirst} values of the sample are dates with the day first, ${monthFirst} with the month first.`,
    };
  }
  if (monthFirst > dayFirst) {
    return {
      order: 'mdy',
      reason: `Month first: ${monthFirst} values of the sample are dates with the month first, ${dayFirst} with the day first.`,
    };
  }
  return { order: 'mdy', reason: 'Month first: the sample does not tell, and sources of the United States write the month first.' };
}

/** Fills in the order of a column of dates or times where nobody has given it. */
export function withDateOrder(field: FieldMapping, profile: SampleProfile): FieldMapping {
  if ((field.standardizer !== 'date' && field.standardizer !== 'timestamp') || field.options['order'] !== undefined) return field;
  const ordinal = field.from[0]?.ordinal;
  const { order, reason } = chooseOrder(profile.columns.find((column) => column.ordinal === ordinal));
  return { ...field, options: { ...field.options, order }, reasons: [...field.reasons, reason] };
}
