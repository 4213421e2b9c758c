import type { Service } from '@attune/platform';
import { generateSampleCall } from './generate-sample.grpc.js';
import { publishStage } from './publish.stage.js';

/** Brings canonical data into the form that was asked for, and makes invented data. */
export const generator: Service = { name: 'generator', controllers: [], stages: [publishStage], calls: [generateSampleCall] };
