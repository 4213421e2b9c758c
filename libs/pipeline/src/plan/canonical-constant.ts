import { AppError, type ErrorPlace, type FieldMapping } from '@attune/core';
import { CLEAN_CONTROLS, CLEAN_VALUE, Cleaner, compileStandardizer, DEFAULT_NULL_TOKENS } from '@attune/standardize';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The text as the standardizer leaves it; null for no value at all, undefined for what it refuses. */
function canonicalText(text: string, { standardizer, options }: FieldMapping): string | null | undefined {
  const cleaner = new Cleaner(DEFAULT_NULL_TOKENS);
  const bytes = bytesOf(text);
  const cleaned = cleaner.clean(bytes, 0, bytes.length);
  if (cleaned !== CLEAN_VALUE && cleaned !== CLEAN_CONTROLS) return null;
  const out = new Uint8Array(2 * (cleaner.end - cleaner.start) + 64);
  const end = compileStandardizer(standardizer, options).kernel(cleaner.buf, cleaner.start, cleaner.end, out, 0);
  return end < 0 ? undefined : new TextDecoder().decode(out.subarray(0, end));
}

/** What is wrong with the texts that the field's mapping itself brings along; empty when nothing is. `pointer` is that of the field mapping. */
function complaints(field: FieldMapping, pointer: string): readonly ErrorPlace[] {
  const places: ErrorPlace[] = [];
  const { constant, values } = field;
  if (constant !== undefined && typeof canonicalText(constant, field) !== 'string')
    places.push({
      pointer: `${pointer}/constant`,
      code: 'constant.refused',
      message: 'The standardizer of the field does not take the constant.',
    });
  if (Object.values(values ?? {}).some((text) => canonicalText(text, field) === undefined))
    places.push({
      pointer: `${pointer}/values`,
      code: 'values.refused',
      message: 'The standardizer of the field does not take a value of the translation.',
    });
  return places;
}

/**
 * The mapping with its constants made canonical, so that no record needs it done. `pointerOf` finds a field's place in the caller's document.
 * Throws `mapping_invalid` for a constant or a translated value that the field's standardizer refuses.
 */
export function withCanonicalConstants(fields: readonly FieldMapping[], pointerOf: (field: string) => string): FieldMapping[] {
  const errors = fields.flatMap((field) => complaints(field, pointerOf(field.field)));
  if (errors.length > 0) throw new AppError('mapping_invalid', 'The mapping brings along texts that its fields do not take.', { errors });
  return fields.map((field) =>
    field.constant === undefined ? field : { ...field, constant: canonicalText(field.constant, field) ?? field.constant },
  );
}
