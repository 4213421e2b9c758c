import type { Service } from '@attune/platform';
import { checkStage } from './check.stage.js';
import { inspectStage } from './inspect.stage.js';
import { previewCall } from './preview.grpc.js';
import { validateSampleCall } from './validate-sample.grpc.js';
import { validateStage } from './validate.stage.js';

/** Says what data is and how good it is. */
export const validator: Service = {
  name: 'validator',
  controllers: [],
  stages: [inspectStage, validateStage, checkStage],
  calls: [previewCall, validateSampleCall],
};
