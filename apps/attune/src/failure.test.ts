import { AppError } from '@attune/core';
import { failureOf } from './failure.js';

test('what was found wrong in a document is told with its place', () => {
  const errors = [
    { pointer: '/fields/2/field', code: 'unknown', message: 'The entity has no such field.' },
    { parameter: 'entity', code: 'unknown', message: 'There is no such entity.' },
  ];
  expect(failureOf(new AppError('mapping_invalid', 'the mapping does not fit', { errors })).message).toBe(
    'mapping_invalid: the mapping does not fit\n  /fields/2/field The entity has no such field.\n  entity There is no such entity.',
  );
});
