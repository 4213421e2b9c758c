export type Severity = 'info' | 'warning' | 'error' | 'fatal';

interface FindingKind {
  readonly severity: Severity;
  /** True: the whole record is quarantined. False: the value becomes null or is cleaned, and the record stays. */
  readonly quarantines: boolean;
  readonly message: string;
}

const quarantine = (message: string): FindingKind => ({ severity: 'error', quarantines: true, message });
const refused = (message: string): FindingKind => ({ severity: 'error', quarantines: false, message });
const noticed = (severity: 'info' | 'warning', message: string): FindingKind => ({ severity, quarantines: false, message });

/** Every finding Attune can make, with a plain sentence for the person who has to mend the data. */
export const FINDING_KINDS = {
  'csv.field_count': quarantine('The record has more or fewer fields than the header.'),
  'csv.stray_quote': quarantine('Something other than a delimiter or a line end follows a closing quote.'),
  'csv.unterminated_quote': quarantine('A quoted field is never closed; only the line where it opens is set aside.'),
  'record.too_long': quarantine('The record is longer than the limits for fields, records or lines.'),
  'text.invalid_encoding': quarantine('The record holds bytes that are not UTF-8.'),
  'field.required': quarantine('A required field is empty or was refused.'),
  'text.control_character': noticed('warning', 'Control characters were removed from the value.'),
  'text.too_long': refused('The value is too long for its field.'),
  'date.invalid': refused('The value is not a date of the calendar.'),
  'date.sentinel': noticed('warning', 'The date is a placeholder for an unknown date.'),
  'date.ambiguous_century': refused('The date has a year of two digits.'),
  'sex.unknown_code': refused('The value is no known code for administrative sex.'),
  'phone.invalid': refused('The value is no telephone number that can be dialled.'),
  'phone.extension': refused('The number carries an extension, which the standard form cannot hold.'),
  'email.invalid': refused('The value is no e-mail address.'),
  'us_state.unknown': refused('The value is no state, district or territory of the United States.'),
  'postal_code.invalid': refused('The value is no ZIP code of five or nine digits.'),
  'identifier.invalid': refused('The identifier holds characters that identifiers do not have.'),
  'boolean.invalid': refused('The value is neither true nor false.'),
  'integer.invalid': refused('The value is no whole number.'),
  'decimal.invalid': refused('The value is no decimal number.'),
  'money.invalid': refused('The value is no amount of money.'),
  'money.third_decimal': refused('The amount has more than two decimals.'),
  'ssn.invalid': refused('The value is no social security number that can have been issued.'),
  'mapping.unsure': noticed('warning', 'The column was carried along because its meaning is not sure enough.'),
  'header.duplicate': noticed('warning', 'Two columns have the same name; they are told apart by position.'),
  'header.empty': noticed('warning', 'A column has no name.'),
  'header.absent': noticed('warning', 'The file has no header; the columns are named by position.'),
  'profile.drift': noticed('warning', 'The whole column differs from the sample that the plan was made from.'),
  'dataset.empty': noticed('warning', 'The file holds a header and no record.'),
} as const satisfies Record<string, FindingKind>;

export type FindingCode = keyof typeof FINDING_KINDS;

/** Where a finding points to. Absent members: the finding concerns the whole dataset or the whole column. */
export interface Location {
  /** Member of a container, empty for a plain file. */
  readonly member: string;
  /** 1-based ordinal of the record in the member, the header not counted. */
  readonly record?: number;
  /** 1-based physical line where the record starts. */
  readonly line?: number;
  /** 0-based offset of the record's first byte in the decoded stream. */
  readonly byteOffset?: number;
  /** 0-based ordinal of the column. */
  readonly column?: number;
}

export interface Finding extends Location {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** Field of the entity, or the source column's name where it is carried. */
  readonly field?: string;
  /** The value as received; only ever in artifacts, never in logs, events or errors. */
  readonly value?: string;
}
