import { cancellations, killPoints, zombie } from './kill-points.mjs';
import { clients } from './clients.mjs';
import { network } from './network.mjs';
import { operations } from './operations.mjs';
import { postgres } from './postgres.mjs';
import { processes } from './processes.mjs';
import { redis } from './redis.mjs';

const S3 = [
  ['F44', 'S3 answers 10 % with 500'],
  ['F45', 'S3 answers 503 SlowDown'],
  ['F46', 'S3 does not answer for 30 s'],
  ['F47', 'S3 resets in the middle of a GET'],
  ['F48', 'S3 cuts a GET and keeps its Content-Length'],
  ['F49', 'S3 has done a PUT and its answer is lost'],
  ['F50', 'S3 flips a bit'],
  ['F51', 'a multipart upload is completed twice, or a part is missing'],
  ['F52', 'S3 is down'],
];
const objects = S3.map(([id, fault]) => ({ id, fault, missing: 'the row for it is not written yet' }));

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
    cancellations,
  ].sort((a, b) => (a.id < b.id ? -1 : 1)),
  ...killPoints.filter(({ grid }) => grid),
];
