import type { Service } from '@attune/platform';
import { JobActionsController } from './job-actions.controller.js';
import { JobArtifactsController } from './job-artifacts.controller.js';
import { JobHistoryController } from './job-history.controller.js';
import { JobLineageController } from './job-lineage.controller.js';
import { JobMappingController } from './job-mapping.controller.js';
import { JobBatchController } from './job-batch.controller.js';
import { JobRedriveController } from './job-redrive.controller.js';
import { JobsController } from './jobs.controller.js';
import { MappingsController } from './mappings.controller.js';
import { PreviewController } from './preview.controller.js';
import { QuarantineDownloadController } from './quarantine-download.controller.js';
import { QuotasController } from './quotas.controller.js';
import { RetentionController } from './retention.controller.js';
import { RulesController } from './rules.controller.js';
import { QuarantineResubmitController } from './quarantine-resubmit.controller.js';
import { SchemasController } from './schemas.controller.js';
import { StorageController } from './storage.controller.js';
import { fireSchedules } from './fire-schedules.js';
import { sendCanaries } from './canary.js';
import { SchedulesController } from './schedules.controller.js';
import { WebhooksController } from './webhooks.controller.js';
import { DirectUploadsController } from './direct-uploads.controller.js';
import { UploadsController } from './uploads.controller.js';
import { watchCall } from './watch.grpc.js';

/** The door for clients. */
export const gateway: Service = {
  name: 'gateway',
  controllers: [
    JobsController,
    JobActionsController,
    JobArtifactsController,
    JobHistoryController,
    JobLineageController,
    JobMappingController,
    JobBatchController,
    JobRedriveController,
    QuarantineDownloadController,
    QuarantineResubmitController,
    PreviewController,
    MappingsController,
    SchemasController,
    RulesController,
    StorageController,
    QuotasController,
    RetentionController,
    WebhooksController,
    SchedulesController,
    UploadsController,
    DirectUploadsController,
  ],
  stages: [],
  calls: [watchCall],
  leads: [fireSchedules, sendCanaries],
};
