import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { AppError, Plan } from '@attune/core';
import type { MendedRecord } from '@attune/pipeline';
import {
  type AnsweredKey,
  ArtifactsRepository,
  type BlobStore,
  BLOBS,
  GarbageRepository,
  IdempotencyRepository,
  type JobDetail,
  JobsRepository,
  Metrics,
  Rings,
  type StoredArtifact,
  Tenant,
} from '@attune/platform';
import { Controller, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { artifactOf, readJsonArtifact } from './artifact-reader.js';
import { ifMatch, type Permits } from './conditions.js';
import { findJob } from './find-job.js';
import { jobBody } from './job-body.js';
import { type Done, once } from './once.js';
import { readMended } from './quarantine-body.js';
import { mendedRecords } from './quarantine-mended.js';
import { sentRecords } from './quarantine-sent.js';
import { linesOf } from './record-lines.js';

/** Mended records come back: the job goes on with them, and with nothing else (jobs.md, section 2). */
@Controller('api/v1/jobs/:id/quarantine/resubmit')
export class QuarantineResubmitController {
  constructor(
    @Inject(JobsRepository) private readonly jobs: JobsRepository,
    @Inject(ArtifactsRepository) private readonly artifacts: ArtifactsRepository,
    @Inject(IdempotencyRepository) readonly keys: IdempotencyRepository,
    @Inject(GarbageRepository) private readonly garbage: GarbageRepository,
    @Inject(BLOBS) private readonly blobs: BlobStore,
    @Inject(Rings) private readonly rings: Rings,
    @Inject(Metrics) readonly metrics: Metrics,
  ) {}

  @Post()
  async resubmit(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const { job } = await findJob(this.jobs, tenantId, id);
    const permits = ifMatch(request);
    const { rings, replayed } = await once(this, tenantId, request, `POST /api/v1/jobs/${job.id}/quarantine/resubmit`, {
      read: () => readMended(request),
      fingerprint: (bytes) => createHash('sha256').update(bytes).digest('hex'),
      perform: (bytes, idempotency) => this.#perform(tenantId, job.id, bytes, { permits, idempotency }),
    });
    const body = jobBody(await findJob(this.jobs, tenantId, job.id));
    if (replayed) response.set('Idempotent-Replayed', 'true');
    response.set('ETag', `"${body.version}"`);
    if (body.completed_at === null) response.status(202).set('Retry-After', '1');
    else response.status(200);
    response.json(body);
    await this.rings.ring(rings, { job_id: job.id });
  }

  async #perform(
    tenantId: string,
    jobId: string,
    bytes: Uint8Array,
    { permits, idempotency }: { permits: Permits | undefined; idempotency: AnsweredKey | undefined },
  ): Promise<Done> {
    const asked = { ...(permits ? { permits } : {}), ...(idempotency ? { idempotency } : {}) };
    const detail = await findJob(this.jobs, tenantId, jobId);
    const { job } = detail;
    if (permits?.(job.version) === false) throw new AppError('precondition_failed', `the job has version ${job.version}`);
    if (job.operation !== 'harmonize')
      throw new AppError('conflict_state', 'a validation keeps no records; mend the file and validate it again');
    if (job.completed_at === null) throw new AppError('conflict_state', `the job is ${job.status}; send mended records when it has ended`);
    if (job.kept_generation === null) throw new AppError('conflict_state', `the job is ${job.status} and has kept no records`);
    const mended = await this.#mended(detail, bytes);
    if (mended.length === 0) {
      await this.jobs.leave(tenantId, jobId, idempotency, permits);
      return { jobId, rings: [] };
    }
    const artifact = await this.#store(detail, mended);
    try {
      const { generation } = job;
      const { rings, swept } = await this.jobs.resubmit(tenantId, jobId, { artifact, records: mended.length, generation, ...asked });
      await this.garbage.discard(swept, (key) => this.blobs.remove(key)).catch(() => undefined);
      return { jobId, rings };
    } catch (error) {
      if (error instanceof AppError && error.errorClass === 'caller') await this.blobs.remove(artifact.storageKey).catch(() => undefined);
      throw error;
    }
  }

  async #mended(detail: JobDetail, bytes: Uint8Array): Promise<readonly MendedRecord[]> {
    const sent = sentRecords(bytes);
    const plan = Plan.parse(await readJsonArtifact(this.blobs, await artifactOf(this.artifacts, detail, 'plan')));
    const { storageKey } = await artifactOf(this.artifacts, detail, 'quarantine');
    return mendedRecords(sent, linesOf(this.blobs.open(storageKey)), plan);
  }

  /** A key of its own for every resubmission: what is forgotten of one that came to nothing is no other's. */
  async #store({ job }: JobDetail, mended: readonly MendedRecord[]): Promise<StoredArtifact> {
    const lines = Readable.from(mended.map((record) => Buffer.from(`${JSON.stringify(record)}\n`)));
    const key = `tenants/${job.tenant_id}/jobs/${job.id}/resubmit/${randomUUID()}/mended.ndjson`;
    const { sha256, bytes } = await this.blobs.receive(lines, () => key, Number.MAX_SAFE_INTEGER);
    return { kind: 'fixed_records', sha256, bytes, records: mended.length, storageKey: key };
  }
}
