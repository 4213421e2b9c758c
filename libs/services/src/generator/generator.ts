import type { Service } from '@attune/platform';
import { publishStage } from './publish.stage.js';

/** Brings canonical data into the form that was asked for. */
export const generator: Service = { name: 'generator', controllers: [], stages: [publishStage], calls: [] };
