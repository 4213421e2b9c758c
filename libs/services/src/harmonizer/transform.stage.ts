import { defineStage } from '@attune/platform';
import { fixedRecords } from '../fixed-records.js';
import { transformPass } from '../transform-pass.js';

/** All records in the first generation; in every later one those that came back mended. */
export const transformStage = defineStage('transform', 'harmonizer', (stage) =>
  stage.claim.shard === 0 ? transformPass(stage) : fixedRecords(stage),
);
