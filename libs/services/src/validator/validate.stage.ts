import { defineStage } from '@attune/platform';
import { transformPass } from '../transform-pass.js';

/** The transform pass for its findings alone: what it makes canonical lives until `check` has read it. */
export const validateStage = defineStage('validate', 'validator', transformPass);
