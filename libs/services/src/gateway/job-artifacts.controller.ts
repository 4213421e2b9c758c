import {
  type ArtifactBody,
  type ArtifactList,
  DOWNLOADS,
  DuplicateBody,
  type DuplicatePage,
  type FindingPage,
  isDownload,
  jobPaths,
  PageQuery,
  parseRequest,
  type QuarantinePage,
  ReportQuery,
} from '@attune/api';
import { AppError, type OutputFormat, prefixed } from '@attune/core';
import { findOutput, outputs } from '@attune/outputs';
import {
  ArtifactsRepository,
  type BlobStore,
  BLOBS,
  type JobDetail,
  JobsRepository,
  type ListedArtifact,
  Metrics,
  PEPPER,
  RecentJobs,
  Tenant,
} from '@attune/platform';
import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { artifactOf, readJsonArtifact } from './artifact-reader.js';
import { readCursor, signCursor } from './cursor.js';
import { findJobToRead } from './find-job.js';
import { findingList, readFindings } from './finding-list.js';
import { outputFormats } from './job-body.js';
import { nextLink } from './next-link.js';
import { quarantineRecord } from './quarantine-record.js';
import { LineIndex, readLines } from './record-lines.js';
import { sendArtifact } from './send-artifact.js';

const REPORT_FILE = 'report.html';
const REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

/** What stages have left, delivered as bytes: the gateway never reads Parquet and never renders a format. */
@Controller('api/v1/jobs/:id')
export class JobArtifactsController {
  constructor(
    @Inject(JobsRepository) private readonly jobs: JobsRepository,
    @Inject(RecentJobs) private readonly recent: RecentJobs,
    @Inject(ArtifactsRepository) readonly artifacts: ArtifactsRepository,
    @Inject(BLOBS) readonly blobs: BlobStore,
    @Inject(Metrics) readonly metrics: Metrics,
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
    const detail = await this.#job(tenantId, id);
    if (detail.job.operation !== 'harmonize')
      throw new AppError('conflict_state', 'a validation has no result; read its quality and quarantine');
    const { name, extension, contentType } = findOutput(formatOf(detail, asked, request));
    const artifact = await artifactOf(this.artifacts, detail, `result_${name}`);
    response.vary('Accept');
    await sendArtifact(this, artifact, { contentType, fileName: `result.${extension}` }, request, response);
  }

  @Get('quality')
  async quality(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const artifact = await artifactOf(this.artifacts, await this.#job(tenantId, id), 'quality');
    await sendArtifact(this, artifact, { contentType: 'application/json' }, request, response);
  }

  /** Made of what came with a file, and shown by a browser: whatever it holds, nothing of it is loaded or run. */
  @Get('report')
  async report(
    @Tenant() tenantId: string,
    @Param('id') id: string,
    @Query() parameters: unknown,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const { download } = parseRequest(ReportQuery, parameters, { what: 'The query', kind: 'parameter' });
    const artifact = await artifactOf(this.artifacts, await this.#job(tenantId, id), 'report');
    const saved = download === '' || download === 'true';
    response.set({
      'Content-Security-Policy': REPORT_POLICY,
      'Content-Disposition': `${saved ? 'attachment' : 'inline'}; filename="${REPORT_FILE}"`,
    });
    await sendArtifact(this, artifact, { contentType: DOWNLOADS.report }, request, response);
  }

  @Get('artifacts')
  async list(@Tenant() tenantId: string, @Param('id') id: string): Promise<ArtifactList> {
    const { job } = await this.#job(tenantId, id);
    const listed = await this.artifacts.list(tenantId, job.id);
    return {
      data: listed.flatMap((artifact) => artifactBody(prefixed('job', job.id), job.completed_at !== null, artifact)),
    };
  }

  @Get('artifacts/:kind')
  async download(
    @Tenant() tenantId: string,
    @Param('id') id: string,
    @Param('kind') kind: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const detail = await this.#job(tenantId, id);
    if (!isDownload(kind)) throw new AppError('not_found', 'there is no such kind of artifact');
    const artifact = await artifactOf(this.artifacts, detail, kind);
    const fileName = artifact.storageKey.split('/').pop()!;
    const shown = DOWNLOADS[kind] === 'application/json';
    await sendArtifact(this, artifact, { contentType: DOWNLOADS[kind], ...(shown ? {} : { fileName }) }, request, response);
  }

  @Get('quarantine')
  async quarantine(
    @Tenant() tenantId: string,
    @Param('id') id: string,
    @Query() parameters: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<QuarantinePage> {
    return this.#page('quarantine', tenantId, id, parameters, quarantineRecord, request, response);
  }

  @Get('findings')
  async findings(
    @Tenant() tenantId: string,
    @Param('id') id: string,
    @Query() parameters: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<FindingPage> {
    const { limit, cursor } = parseRequest(PageQuery, parameters, { what: 'The query', kind: 'parameter' });
    const detail = await this.#job(tenantId, id);
    const list = await findingList(this, detail);
    const scope = [tenantId, detail.job.id, 'findings', list.version];
    const first = cursor === undefined ? 0 : Number(readCursor(this.pepper, scope, cursor));
    const data = await readFindings(this, detail, list, first, limit);
    const next = first + data.length < list.records ? signCursor(this.pepper, scope, String(first + data.length)) : null;
    if (next !== null) nextLink(request, response, next);
    return { data, next_cursor: next, has_more: next !== null };
  }

  @Get('duplicates')
  async duplicates(
    @Tenant() tenantId: string,
    @Param('id') id: string,
    @Query() parameters: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<DuplicatePage> {
    return this.#page('duplicates', tenantId, id, parameters, (line) => DuplicateBody.parse(JSON.parse(line)), request, response);
  }

  #job(tenantId: string, id: string): Promise<JobDetail> {
    return findJobToRead(this.jobs, this.recent, tenantId, id);
  }

  /** A page of an NDJSON artifact by its index. The cursor is the ordinal of the next line, good for this very artifact only. */
  async #page<Item>(
    kind: 'quarantine' | 'duplicates',
    tenantId: string,
    id: string,
    parameters: unknown,
    read: (line: string) => Item,
    request: Request,
    response: Response,
  ): Promise<{ data: Item[]; next_cursor: string | null; has_more: boolean }> {
    const { limit, cursor } = parseRequest(PageQuery, parameters, { what: 'The query', kind: 'parameter' });
    const detail = await this.#job(tenantId, id);
    const artifact = await artifactOf(this.artifacts, detail, kind);
    const index = LineIndex.parse(await readJsonArtifact(this.blobs, await artifactOf(this.artifacts, detail, `${kind}_index`)));
    const scope = [tenantId, detail.job.id, kind, artifact.sha256];
    const first = cursor === undefined ? 0 : Number(readCursor(this.pepper, scope, cursor));
    const data = (await readLines(this.blobs, artifact, index, first, limit)).map(read);
    const next = first + data.length < index.records ? signCursor(this.pepper, scope, String(first + data.length)) : null;
    if (next !== null) nextLink(request, response, next);
    return { data, next_cursor: next, has_more: next !== null };
  }
}

/** What a client may fetch of what a stage has left; indices and silver are of no use outside. */
function artifactBody(jobId: string, ended: boolean, artifact: ListedArtifact): ArtifactBody[] {
  const paths = jobPaths(jobId);
  const { kind, stage, generation, bytes, sha256, records, createdAt } = artifact;
  const output = outputs.find(({ name }) => kind === `result_${name}`);
  const published = output !== undefined || kind === 'manifest';
  const mediaType = output?.contentType ?? (isDownload(kind) ? DOWNLOADS[kind] : undefined);
  if (mediaType === undefined || (published && !ended)) return [];
  return [
    {
      kind,
      stage,
      generation,
      bytes,
      sha256,
      records,
      created_at: new Date(createdAt).toISOString(),
      media_type: mediaType,
      links: { self: output ? `${paths.result}?format=${output.name}` : kind === 'report' ? paths.report : `${paths.artifacts}/${kind}` },
    },
  ];
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
