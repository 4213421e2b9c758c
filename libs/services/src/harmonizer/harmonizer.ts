import type { Service } from '@attune/platform';
import { diffCall } from './diff.grpc.js';
import { decodeStage } from './decode.stage.js';
import { planStage } from './plan.stage.js';
import { suggestMappingCall } from './suggest-mapping.grpc.js';
import { transformSampleCall } from './transform-sample.grpc.js';
import { transformStage } from './transform.stage.js';

/** Makes received data canonical. */
export const harmonizer: Service = {
  name: 'harmonizer',
  controllers: [],
  stages: [planStage, decodeStage, transformStage],
  calls: [suggestMappingCall, transformSampleCall, diffCall],
};
