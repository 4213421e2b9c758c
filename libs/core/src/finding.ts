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
  'fixed_width.length': quarantine('The line is longer or shorter than the layout.'),
  'json.invalid': quarantine('The record is no JSON object, or its text breaks the grammar of JSON.'),
  'json.duplicate_key': quarantine('An object of the record has the same key twice; which value counts cannot be told.'),
  'json.too_deep': quarantine('Objects and arrays of the record lie more than 64 deep within each other.'),
  'sql.value_count': quarantine('The row of the dump has more or fewer values than its table has columns.'),
  'sql.column_list': quarantine('The statement names other columns than the first one of its table, or names them in another order.'),
  'sql.expression': quarantine('A value of the row is an expression, not a literal.'),
  'sql.unterminated': quarantine('A string, a comment or a row is never closed.'),
  'sql.syntax': quarantine('The line or statement is no SQL that can be read.'),
  'record.too_long': quarantine('The record is longer than the limits for fields, records or lines.'),
  'record.parser_crash': quarantine('The engine crashes over this record or over one beside it.'),
  'record.not_one': quarantine('What came back for the record is not exactly one record.'),
  'text.invalid_encoding': quarantine('The record holds bytes that are no characters in the encoding of the text.'),
  'field.required': quarantine('A required field is empty or was refused.'),
  'text.control_character': noticed('warning', 'Control characters were removed from the value.'),
  'text.too_long': refused('The value is too long for its field.'),
  'text.invisible': refused('The value holds nothing that can be seen.'),
  'date.invalid': refused('The value is not a date of the calendar.'),
  'date.sentinel': noticed('warning', 'The date is a placeholder for an unknown date.'),
  'date.ambiguous_century': refused('The date has a year of two digits.'),
  'date.incomplete': refused('The value is a year or a month, and a day is wanted.'),
  'sex.unknown_code': refused('The value is no known code for administrative sex.'),
  'race.unknown_code': refused('The value is no known code or name of one race.'),
  'ethnicity.unknown_code': refused('The value does not say whether the person is Hispanic or Latino.'),
  'marital_status.unknown_code': refused('The value is no known code or name of a marital status.'),
  'phone.invalid': refused('The value is no telephone number that can be dialled.'),
  'phone.extension': refused('The number carries an extension, which the standard form cannot hold.'),
  'email.invalid': refused('The value is no e-mail address.'),
  'us_state.unknown': refused('The value is no state, district or territory of the United States.'),
  'address_line.invalid': refused('The value holds neither a letter nor a digit, so that it is no line of an address.'),
  'city.invalid': refused('The value holds no letter, so that it is no name of a city.'),
  'postal_code.invalid': refused('The value is no ZIP code of five or nine digits.'),
  'identifier.invalid': refused('The identifier holds characters that identifiers do not have.'),
  'boolean.invalid': refused('The value is neither true nor false.'),
  'integer.invalid': refused('The value is no whole number.'),
  'decimal.invalid': refused('The value is no decimal number.'),
  'percent.invalid': refused('The value is no percentage.'),
  'percent.unmarked': refused('The number has no percent sign, and whether it counts hundredths is not known.'),
  'quantity.invalid': refused('The value is not a number and a unit.'),
  'quantity.unit_missing': refused('The number has no unit.'),
  'quantity.unit_unknown': refused('The number has a unit that is not known.'),
  'unit.unknown': refused('The value is no unit of measure that is known.'),
  'money.invalid': refused('The value is no amount of money.'),
  'money.third_decimal': refused('The amount has more than two decimals.'),
  'ssn.invalid': refused('The value is no social security number that can have been issued.'),
  'timestamp.invalid': refused('The value is no point in time.'),
  'npi.invalid': refused('The value has not the ten digits of a national provider identifier.'),
  'npi.check_digit': refused('The number is no national provider identifier: its check digit is wrong.'),
  'code.invalid': refused('The code holds characters that codes do not have.'),
  'code.damaged': refused('The code was turned into a number in powers of ten, and its last digits are lost.'),
  'icd_10_cm.invalid': refused('The value has not the shape of an ICD-10-CM code.'),
  'hcpcs.invalid': refused('The value has not the five characters of a HCPCS code.'),
  'ndc.invalid': refused('The value has not the shape of a national drug code.'),
  'ndc.ambiguous': refused('The national drug code has ten digits and no hyphens, so that three drugs could be meant.'),
  'revenue_code.invalid': refused('The value has not the four digits of a revenue code.'),
  'bill_type.invalid': refused('The value has not the shape of a type of bill.'),
  'place_of_service.invalid': refused('The value has not the two digits of a place of service.'),
  'loinc.invalid': refused('The value has not the shape of a LOINC number.'),
  'loinc.check_digit': refused('The number is no LOINC number: its check digit is wrong.'),
  'expression.failed': refused('The expression of the field could not be worked out for this record.'),
  'cvx.invalid': refused('The value has not the digits of a CVX code.'),
  'rule.failed': refused('The record fails a rule.'),
  'mbi.invalid': refused('The value has not the eleven characters of a Medicare beneficiary identifier.'),
  'tin.invalid': refused('The value has not the nine digits of a taxpayer identification number, or is a sample number.'),
  'tin.unassigned': refused('The number is no taxpayer identification number: no number begins so.'),
  'dea.invalid': refused('The value has not the shape of a registration number of the Drug Enforcement Administration.'),
  'dea.check_digit': refused('The number is no registration number of the Drug Enforcement Administration: its check digit is wrong.'),
  'icd_10_pcs.invalid': refused('The value has not the seven characters of an ICD-10-PCS code.'),
  'icd_9_cm.invalid': refused('The value has not the shape of a diagnosis of ICD-9-CM.'),
  'icd_9_pcs.invalid': refused('The value has not the shape of a procedure of ICD-9-CM.'),
  'cpt.invalid': refused('The value has not the five characters of a CPT code.'),
  'drg.invalid': refused('The value has not the three digits of a diagnosis related group of Medicare.'),
  'taxonomy.invalid': refused('The value has not the ten characters of a provider taxonomy code.'),
  'mrn.invalid': refused('The value is no medical record number: it holds no digit, or characters that such numbers do not have.'),
  'mrn.placeholder': refused('The value stands for a medical record number that nobody knew.'),
  'language.unknown': refused('The value is no language that is known by its tag, its code or its English name.'),
  'language.ambiguous': refused('The value is the code of one language and a usual short form of another.'),
  'country.unknown': refused('The value is no country that is known by its code or its English name.'),
  'country.ambiguous': refused('More than one country has this name.'),
  'mapping.unsure': noticed('warning', 'The column was carried along because its meaning is not sure enough.'),
  'header.duplicate': noticed('warning', 'Two columns have the same name; they are told apart by position.'),
  'header.empty': noticed('warning', 'A column has no name.'),
  'header.absent': noticed('warning', 'The file has no header; the columns are named by position.'),
  'profile.drift': noticed('warning', 'The values of the column differ from those that the mapping or the plan was made for.'),
  'sheet.others_unread': noticed('info', 'The workbook has further visible sheets, which are not part of the dataset.'),
  'sheet.formula_without_result': noticed('warning', 'A formula of the sheet was stored without its result; its cell counts as empty.'),
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
