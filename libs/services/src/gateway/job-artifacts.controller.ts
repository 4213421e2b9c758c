import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import {
  DuplicateBody,
  type DuplicatePage,
  FindingBody,
  type FindingPage,
  PageQuery,
  parseRequest,
  type QuarantinePage,
  QuarantineRecord,
} from '@attune/api';
import { AppError, type ArtifactKind, FINDING_KINDS, type OutputFormat, Plan } from '@attune/core';
import { findOutput, outputs } from '@attune/outputs';
import {
  ArtifactsRepository,
  type BlobStore,
  BLOBS,
  type JobDetail,
  JobsRepository,
  Metrics,
  PEPPER,
  type StoredArtifact,
  Tenant,
} from '@attune/platform';
import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { readCursor, signCursor } from './cursor.js';
import { findJob } from './find-job.js';
import { outputFormats } from './job-body.js';
import { LineIndex, readLines } from './record-lines.js';

/** What stages have left, delivered as bytes: the gateway never reads Parquet and never renders a format. */
@Controller('api/v1/jobs/:id')
export class JobArtifactsController {
  constructor(
    @Inject(JobsRepository) private readonly jobs: JobsRepository,
    @Inject(ArtifactsRepository) private readonly artifacts: ArtifactsRepository,
    @Inject(BLOBS) private readonly blobs: BlobStore,
    @Inject(Metrics) private readonly metrics: Metrics,
    @Inject(PEPPER) private readonly pepper: string,
  ) {}

  @Get('result')
  async result(
    @Tenant() tenantId: string,
    @Param('id') id: string,
    @Query('format') asked: string | undefined,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const detail = await findJob(this.jobs, tenantId, id);
    if (detail.job.operation !== 'harmonize')
      throw new AppError('conflict_state', 'a validation has no result; read its quality and quarantine');
    const format = formatOf(detail, asked, request);
    const artifact = await this.#artifact(detail, tenantId, `result_${format}`);
    const output = findOutput(format);
    response.set('Content-Disposition', `attachment; filename="result.${output.extension}"`);
    await this.#send(artifact, output.contentType, request, response);
  }

  @Get('quality')
  async quality(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const artifact = await this.#artifact(await findJob(this.jobs, tenantId, id), tenantId, 'quality');
    await this.#send(artifact, 'application/json', request, response);
  }

  @Get('artifacts/manifest')
  async manifest(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const artifact = await this.#artifact(await findJob(this.jobs, tenantId, id), tenantId, 'manifest');
    await this.#send(artifact, 'application/json', request, response);
  }

  @Get('mapping')
  async mapping(@Tenant() tenantId: string, @Param('id') id: string, @Res() response: Response): Promise<void> {
    const artifact = await this.#artifact(await findJob(this.jobs, tenantId, id), tenantId, 'plan');
    response.set('ETag', `"${artifact.sha256}"`).json(Plan.parse(await this.#json(artifact)).mapping);
  }

  @Get('quarantine')
  async quarantine(@Tenant() tenantId: string, @Param('id') id: string, @Query() parameters: unknown): Promise<QuarantinePage> {
    return this.#page('quarantine', tenantId, id, parameters, (line) =>
      QuarantineRecord.parse({ column: null, field: null, ...withMessage(line) }),
    );
  }

  @Get('findings')
  async findings(@Tenant() tenantId: string, @Param('id') id: string, @Query() parameters: unknown): Promise<FindingPage> {
    return this.#page('findings', tenantId, id, parameters, (line) => FindingBody.parse(withMessage(line)));
  }

  @Get('duplicates')
  async duplicates(@Tenant() tenantId: string, @Param('id') id: string, @Query() parameters: unknown): Promise<DuplicatePage> {
    return this.#page('duplicates', tenantId, id, parameters, (line) => DuplicateBody.parse(JSON.parse(line)));
  }

  /** A page of an NDJSON artifact by its index. The cursor is the ordinal of the next line, good for this very artifact only. */
  async #page<Item>(
    kind: 'quarantine' | 'findings' | 'duplicates',
    tenantId: string,
    id: string,
    parameters: unknown,
    read: (line: string) => Item,
  ): Promise<{ data: Item[]; next_cursor: string | null; has_more: boolean }> {
    const { limit, cursor } = parseRequest(PageQuery, parameters, { what: 'The query', kind: 'parameter' });
    const detail = await findJob(this.jobs, tenantId, id);
    const artifact = await this.#artifact(detail, tenantId, kind);
    const index = LineIndex.parse(await this.#json(await this.#artifact(detail, tenantId, `${kind}_index`)));
    const scope = [tenantId, detail.job.id, kind, artifact.sha256];
    const first = cursor === undefined ? 0 : Number(readCursor(this.pepper, scope, cursor));
    const data = (await readLines(this.blobs, artifact, index, first, limit)).map(read);
    const next = first + data.length;
    const more = next < index.records;
    return { data, next_cursor: more ? signCursor(this.pepper, scope, String(next)) : null, has_more: more };
  }

  /** @throws AppError result_not_ready while it may still come, conflict_state when it never will. */
  async #artifact(detail: JobDetail, tenantId: string, kind: ArtifactKind): Promise<StoredArtifact> {
    const published = kind.startsWith('result_') || kind === 'manifest';
    const found = published && detail.job.status !== 'completed' ? undefined : await this.artifacts.find(tenantId, detail.job.id, kind);
    if (found) return found;
    if (detail.job.completed_at === null) throw new AppError('result_not_ready', `the job is ${detail.job.status}`);
    throw new AppError('conflict_state', `the job is ${detail.job.status} and has left no such thing`);
  }

  async #json(artifact: StoredArtifact): Promise<unknown> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.blobs.open(artifact.storageKey) as AsyncIterable<Buffer>) chunks.push(chunk);
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  }

  async #send(artifact: StoredArtifact, contentType: string, request: Request, response: Response): Promise<void> {
    response.set({
      ETag: `"${artifact.sha256}"`,
      'Repr-Digest': `sha-256=:${Buffer.from(artifact.sha256, 'hex').toString('base64')}:`,
      'Content-Type': contentType,
    });
    if (request.header('if-none-match') === `"${artifact.sha256}"`) {
      response.status(304).end();
      return;
    }
    response.set('Content-Length', String(artifact.bytes));
    const source = this.blobs.open(artifact.storageKey);
    // The first bytes prove that the file is there; after the headers an error could only cut the line.
    await once(source, 'readable');
    this.metrics.bytesProcessed.inc({ direction: 'out' }, artifact.bytes);
    await pipeline(source, response);
  }
}

/** `?format=` first, then Accept, then the first format that was asked for at submit. */
function formatOf(detail: JobDetail, asked: string | undefined, request: Request): OutputFormat {
  const published = outputFormats(detail);
  const accepted = request.header('accept');
  const byAccept =
    accepted === undefined || /(^|,)\s*\*\/\*/.test(accepted)
      ? published[0]
      : outputs.find((output) => published.includes(output.name) && request.accepts(output.contentType.split(';')[0]!))?.name;
  const format = asked === undefined ? byAccept : published.find((name) => name === asked);
  if (format === undefined)
    throw new AppError('not_acceptable', `the job publishes ${published.join(', ')}`, {
      errors: [{ parameter: 'format', code: 'not_published', message: `One of ${published.join(', ')}.` }],
    });
  return format;
}

/** Lines hold codes; what a code means is said at the door. */
function withMessage(line: string): object {
  const received = JSON.parse(line) as { code: keyof typeof FINDING_KINDS };
  return { ...received, message: FINDING_KINDS[received.code].message };
}
