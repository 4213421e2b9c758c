import { Spine1700000000001 } from './0001-spine.js';
import { Doors1700000000002 } from './0002-doors.js';
import { Rules1700000000003 } from './0003-rules.js';
import { Resubmit1700000000004 } from './0004-resubmit.js';
import { Webhooks1700000000005 } from './0005-webhooks.js';
import { Fairness1700000000008 } from './0008-fairness.js';
import { Housekeeping1700000000009 } from './0009-housekeeping.js';
import { Uploads1700000000010 } from './0010-uploads.js';
import { Schedules1700000000011 } from './0011-schedules.js';
import { Quotas1700000000013 } from './0013-quotas.js';
import { Retries1700000000020 } from './0020-retries.js';
import { DirectUploads1700000000021 } from './0021-direct-uploads.js';
import { ContentKeys1700000000022 } from './0022-content-keys.js';
import { JobWebhooks1700000000025 } from './0025-job-webhooks.js';
import { Warehouse1700000000030 } from './0030-warehouse.js';
import { FairFloor1700000000031 } from './0031-fair-floor.js';
import { NewestJobs1700000000032 } from './0032-newest-jobs.js';
import { OneQueueIndex1700000000033 } from './0033-one-queue-index.js';

/** In the order in which they were made; a database keeps the names of those it has had. */
export const migrations = [
  Spine1700000000001,
  Doors1700000000002,
  Rules1700000000003,
  Resubmit1700000000004,
  Webhooks1700000000005,
  Fairness1700000000008,
  Housekeeping1700000000009,
  Uploads1700000000010,
  Schedules1700000000011,
  Quotas1700000000013,
  Retries1700000000020,
  DirectUploads1700000000021,
  ContentKeys1700000000022,
  JobWebhooks1700000000025,
  Warehouse1700000000030,
  FairFloor1700000000031,
  NewestJobs1700000000032,
  OneQueueIndex1700000000033,
].map((Migration) => ({ name: new Migration().name, Migration }));
