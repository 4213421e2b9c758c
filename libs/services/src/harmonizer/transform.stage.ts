import { defineStage } from '@attune/platform';
import { transformPass } from '../transform-pass.js';

export const transformStage = defineStage('transform', 'harmonizer', transformPass);
