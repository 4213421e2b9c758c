import { AppError, type FindingCode, type Kernel, type Standardizer, type ValueType } from '@attune/core';
import { addressLine } from './address-line/address-line.js';
import { billType } from './bill-type/bill-type.js';
import { boolean } from './boolean/boolean.js';
import { city } from './city/city.js';
import { code } from './code/code.js';
import { country } from './country/country.js';
import { cpt } from './cpt/cpt.js';
import { cvx } from './cvx/cvx.js';
import { date } from './date/date.js';
import { dea } from './dea/dea.js';
import { decimal } from './decimal/decimal.js';
import { drg } from './drg/drg.js';
import { email } from './email/email.js';
import { ethnicity } from './ethnicity/ethnicity.js';
import { hcpcs } from './hcpcs/hcpcs.js';
import { icd10Cm } from './icd-10-cm/icd-10-cm.js';
import { icd10Pcs } from './icd-10-pcs/icd-10-pcs.js';
import { icd9Cm } from './icd-9-cm/icd-9-cm.js';
import { icd9Pcs } from './icd-9-pcs/icd-9-pcs.js';
import { identifier } from './identifier/identifier.js';
import { integer } from './integer/integer.js';
import { language } from './language/language.js';
import { loinc } from './loinc/loinc.js';
import { maritalStatus } from './marital-status/marital-status.js';
import { mbi } from './mbi/mbi.js';
import { money } from './money/money.js';
import { mrn } from './mrn/mrn.js';
import { ndc } from './ndc/ndc.js';
import { npi } from './npi/npi.js';
import { percent } from './percent/percent.js';
import { personName } from './person-name/person-name.js';
import { phone } from './phone/phone.js';
import { placeOfService } from './place-of-service/place-of-service.js';
import { postalCode } from './postal-code/postal-code.js';
import { quantity } from './quantity/quantity.js';
import { race } from './race/race.js';
import { revenueCode } from './revenue-code/revenue-code.js';
import { sex } from './sex/sex.js';
import { ssn } from './ssn/ssn.js';
import { taxonomy } from './taxonomy/taxonomy.js';
import { text } from './text/text.js';
import { timestamp } from './timestamp/timestamp.js';
import { tin } from './tin/tin.js';
import { unit } from './unit/unit.js';
import { usState } from './us-state/us-state.js';

/** Every standardizer there is, in the order of their names. Options are parsed by `kernel` and `reference`, so any may be tried: a `ZodError` says no. */
export const standardizers: readonly Standardizer[] = [
  withParsedOptions(addressLine),
  withParsedOptions(billType),
  withParsedOptions(boolean),
  withParsedOptions(city),
  withParsedOptions(code),
  withParsedOptions(country),
  withParsedOptions(cpt),
  withParsedOptions(cvx),
  withParsedOptions(date),
  withParsedOptions(dea),
  withParsedOptions(decimal),
  withParsedOptions(drg),
  withParsedOptions(email),
  withParsedOptions(ethnicity),
  withParsedOptions(hcpcs),
  withParsedOptions(icd10Cm),
  withParsedOptions(icd10Pcs),
  withParsedOptions(icd9Cm),
  withParsedOptions(icd9Pcs),
  withParsedOptions(identifier),
  withParsedOptions(integer),
  withParsedOptions(language),
  withParsedOptions(loinc),
  withParsedOptions(maritalStatus),
  withParsedOptions(mbi),
  withParsedOptions(money),
  withParsedOptions(mrn),
  withParsedOptions(ndc),
  withParsedOptions(npi),
  withParsedOptions(percent),
  withParsedOptions(personName),
  withParsedOptions(phone),
  withParsedOptions(placeOfService),
  withParsedOptions(postalCode),
  withParsedOptions(quantity),
  withParsedOptions(race),
  withParsedOptions(revenueCode),
  withParsedOptions(sex),
  withParsedOptions(ssn),
  withParsedOptions(taxonomy),
  withParsedOptions(text),
  withParsedOptions(timestamp),
  withParsedOptions(tin),
  withParsedOptions(unit),
  withParsedOptions(usState),
];

export function findStandardizer(name: string): Standardizer | undefined {
  return standardizers.find((standardizer) => standardizer.name === name);
}

/** What the plan's name and options come to; a kernel has memory of its own and belongs to one thread. */
export interface CompiledStandardizer {
  readonly kernel: Kernel;
  /** Codes in the order of the kernel's negative results. */
  readonly findings: readonly FindingCode[];
  readonly produces: ValueType;
}

/** Throws `plan.unresolved` for a name that is not registered and for options the standardizer does not have. */
export function compileStandardizer(name: string, options: unknown): CompiledStandardizer {
  const standardizer = findStandardizer(name);
  // The name is the caller's text: it is repeated only when it cannot be anything but a name.
  if (!standardizer)
    throw new AppError(
      'plan.unresolved',
      /^[a-z-]{1,40}$/.test(name) ? `There is no standardizer ${name}.` : 'There is no such standardizer.',
    );
  const parsed = standardizer.options.safeParse(options);
  if (!parsed.success) {
    const places = parsed.error.issues.map((issue) => (issue.path.length > 0 ? `${issue.path.join('.')} (${issue.code})` : issue.code));
    throw new AppError('plan.unresolved', `The options of standardizer ${name} are not valid: ${places.join(', ')}.`);
  }
  return { kernel: standardizer.kernel(parsed.data), findings: standardizer.findings, produces: standardizer.produces };
}

/** Forgets the type of the options and parses them instead. */
function withParsedOptions<O>(standardizer: Standardizer<O>): Standardizer {
  return {
    ...standardizer,
    kernel: (options) => standardizer.kernel(standardizer.options.parse(options)),
    reference: (value, options) => standardizer.reference(value, standardizer.options.parse(options)),
  };
}
