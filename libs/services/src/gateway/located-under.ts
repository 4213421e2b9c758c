import { AppError } from '@attune/core';

/** The problem of a part of a request, told with its place in the whole, as in `/jobs/3`. */
export function locatedUnder(base: string, { code, detail, errors }: AppError): AppError {
  const places = errors.length > 0 ? errors : [{ pointer: '', code, message: detail }];
  return new AppError(code, detail, { errors: places.map((place) => ({ ...place, pointer: `${base}${place.pointer ?? ''}` })) });
}
