import type { Service } from '@attune/platform';
import { planStage } from './plan.stage.js';
import { transformStage } from './transform.stage.js';

/** Makes received data canonical. */
export const harmonizer: Service = { name: 'harmonizer', controllers: [], stages: [planStage, transformStage], calls: [] };
