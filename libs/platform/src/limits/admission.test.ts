import type { Request } from 'express';
import type { QuotasRepository } from '../database/quotas.repository.js';
import { Metrics } from '../telemetry/metrics.js';
import { Admission } from './admission.js';

const GiB = 1024 ** 3;
const unlimited = { version: 0, queuedJobs: null, bytesPerDay: null, concurrentUploads: null, weights: { interactive: 4, bulk: 1 } };
const quotas = { of: () => Promise.resolve(unlimited) } as unknown as QuotasRepository;
const headers = new Map<string, string>();
const request = { res: { setHeader: (name: string, value: string) => headers.set(name, value) } } as unknown as Request;
const admission = (free: number, size: number, diskReserveBytes = 5 * GiB): Admission =>
  new Admission(quotas, new Metrics(), { directory: '/data', diskReserveBytes }, () => Promise.resolve({ free, size }));

test.each([
  ['a large disk keeps its reserve', 6 * GiB, 1_000 * GiB, 2 * GiB, false],
  ['a large disk takes what leaves it', 8 * GiB, 1_000 * GiB, 2 * GiB, true],
  ['a small disk keeps a share of itself', 2 * GiB, 10 * GiB, GiB, false],
  ['a small disk takes what leaves that', 3 * GiB, 10 * GiB, GiB, true],
  ['a disk below its reserve takes nothing', GiB, 100 * GiB, 0, false],
])('%s', async (_, free, size, announced, admitted) => {
  const asked = admission(free, size).bytes(request, 't', announced);
  if (admitted) await expect(asked).resolves.toBeUndefined();
  else await expect(asked).rejects.toMatchObject({ code: 'storage_full', status: 507 });
  if (!admitted) expect(Number(headers.get('Retry-After'))).toBeGreaterThan(0);
});

test('without a reserve, or where no disk of this machine is meant, nothing is refused', async () => {
  await expect(admission(0, GiB, 0).bytes(request, 't', GiB)).resolves.toBeUndefined();
  const elsewhere = new Admission(quotas, new Metrics(), { directory: undefined, diskReserveBytes: GiB });
  await expect(elsewhere.bytes(request, 't', GiB)).resolves.toBeUndefined();
});
