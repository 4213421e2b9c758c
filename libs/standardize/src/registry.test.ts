import { AppError } from '@attune/core';
import { compileStandardizer, findStandardizer } from './registry.js';

function failure(run: () => unknown): AppError {
  try {
    run();
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error('No AppError was thrown.');
}

test('an unknown name is plan.unresolved, and a text that is no name is not repeated', () => {
  expect(failure(() => compileStandardizer('fax', {}))).toMatchObject({ code: 'plan.unresolved', detail: 'There is no standardizer fax.' });
  expect(failure(() => compileStandardizer('Ann Lovell 1980', {})).detail).not.toContain('Ann');
  expect(findStandardizer('fax')).toBeUndefined();
});

test('options that a standardizer does not have are plan.unresolved, and their values are not repeated', () => {
  const wrong = failure(() => compileStandardizer('date', { order: 'Ann Lovell' }));
  expect(wrong).toMatchObject({
    code: 'plan.unresolved',
    detail: 'The options of standardizer date are not valid: order (invalid_value).',
  });
  expect(failure(() => compileStandardizer('text', { trim: true })).code).toBe('plan.unresolved');
  expect(failure(() => compileStandardizer('text', undefined)).code).toBe('plan.unresolved');
});

test('options reach the kernel, and absent ones have their defaults', () => {
  const read = (options: unknown) => {
    const { kernel, findings } = compileStandardizer('date', options);
    const out = Buffer.alloc(84);
    const end = kernel(Buffer.from('3/9/1987'), 0, 8, out, 0);
    return end < 0 ? findings[-1 - end] : out.toString('utf8', 0, end);
  };
  expect([read({}), read({ order: 'dmy' }), read({ order: 'ymd' })]).toEqual(['1987-03-09', '1987-09-03', 'date.invalid']);
});
