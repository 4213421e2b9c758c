import { cancellations, killPoints, zombie } from './kill-points.mjs';
import { clients } from './clients.mjs';
import { network } from './network.mjs';
import { objects } from './objects.mjs';
import { operations } from './operations.mjs';
import { postgres } from './postgres.mjs';
import { processes } from './processes.mjs';
import { redis } from './redis.mjs';
import { webhooks } from './webhooks.mjs';

/** Every row of the fault matrix (jobs.md, section 8), in its order, then the other cells of the grid. */
export const ROWS = [
  ...[
    ...killPoints.filter(({ grid }) => !grid),
    ...processes,
    zombie,
    ...redis,
    ...postgres,
    ...objects,
    ...network,
    ...clients,
    ...operations,
    ...webhooks,
    cancellations,
  ].sort((a, b) => (a.id < b.id ? -1 : 1)),
  ...killPoints.filter(({ grid }) => grid),
];
