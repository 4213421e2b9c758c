import { finding, type Kernel, type Standardizer } from '@attune/core';
import { foldText } from './fold-text.js';
import { foldedText } from './fold-reference.js';

/**
 * The standardizer on values in their one form (see `foldText`): a telephone number between marks of direction or with an en dash, a date
 * of full-width digits. Values of ASCII go to the kernel as they are. What folding leaves nothing of has the first of the findings.
 */
export function readFolded<O>(standardizer: Standardizer<O>): Standardizer<O> {
  return {
    ...standardizer,
    kernel: (options) => foldedKernel(standardizer.kernel(options)),
    reference: (value, options) => {
      const folded = /[^\u0000-\u007f]/.test(value) ? foldedText(value) : value;
      return folded === '' ? finding(standardizer.findings[0]!) : standardizer.reference(folded, options);
    },
  };
}

function foldedKernel(kernel: Kernel): Kernel {
  let scratch = new Uint8Array(256);
  return (buf, start, end, out, at) => {
    let i = start;
    while (i < end && buf[i]! < 0x80) i++;
    if (i === end) return kernel(buf, start, end, out, at);
    if (scratch.length < end - start) scratch = new Uint8Array(2 * (end - start));
    const stop = foldText(buf, start, end, scratch, 0);
    return stop === 0 ? -1 : kernel(scratch, 0, stop, out, at);
  };
}
