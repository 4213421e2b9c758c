import type { Service } from '@attune/platform';
import { diffCall } from './diff.grpc.js';
import { planStage } from './plan.stage.js';
import { suggestMappingCall } from './suggest-mapping.grpc.js';
import { transformSampleCall } from './transform-sample.grpc.js';
import { transformStage } from './transform.stage.js';

/** Makes received data canonical. */
export const harmonizer: Service = {
  name: 'harmonizer',
  controllers: [],
  stages: [planStage, transformStage],
  calls: [suggestMappingCall, transformSampleCall, diffCall],
};
