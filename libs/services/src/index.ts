import type { Service } from '@attune/platform';
import { gateway } from './gateway/gateway.js';
import { generator } from './generator/generator.js';
import { harmonizer } from './harmonizer/harmonizer.js';
import { validator } from './validator/validator.js';

export { gateway, generator, harmonizer, validator };

/** The whole platform; a deployable runs some of these, the all-in-one runs all of them. */
export const services: readonly Service[] = [gateway, validator, harmonizer, generator];
