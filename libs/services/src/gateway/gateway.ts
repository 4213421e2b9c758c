import type { Service } from '@attune/platform';
import { JobArtifactsController } from './job-artifacts.controller.js';
import { JobsController } from './jobs.controller.js';

/** The door for clients. */
export const gateway: Service = { name: 'gateway', controllers: [JobsController, JobArtifactsController], stages: [], calls: [] };
