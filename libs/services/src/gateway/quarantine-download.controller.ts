import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseRequest, QUARANTINE_FORMATS, QuarantineDownloadQuery } from '@attune/api';
import { AppError } from '@attune/core';
import { ArtifactsRepository, type BlobStore, BLOBS, JobsRepository, type StoredArtifact, Tenant } from '@attune/platform';
import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { artifactOf } from './artifact-reader.js';
import { findJob } from './find-job.js';
import { linesOf } from './record-lines.js';
import { quarantineRecord } from './quarantine-record.js';
import { CSV_HEADER, csvRow } from './quarantine-text.js';

/** Everything that was set aside, with its reasons, as one file for the person who mends it. */
@Controller('api/v1/jobs/:id/quarantine/download')
export class QuarantineDownloadController {
  constructor(
    @Inject(JobsRepository) private readonly jobs: JobsRepository,
    @Inject(ArtifactsRepository) private readonly artifacts: ArtifactsRepository,
    @Inject(BLOBS) private readonly blobs: BlobStore,
  ) {}

  @Get()
  async download(
    @Tenant() tenantId: string,
    @Param('id') id: string,
    @Query() parameters: unknown,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const { format: asked } = parseRequest(QuarantineDownloadQuery, parameters, { what: 'The query', kind: 'parameter' });
    const artifact = await artifactOf(this.artifacts, await findJob(this.jobs, tenantId, id), 'quarantine');
    const accepted = request.accepts([...Object.values(QUARANTINE_FORMATS)]);
    if (asked === undefined && accepted === false) throw new AppError('not_acceptable', 'the quarantine is CSV or NDJSON');
    const format = asked ?? (accepted === QUARANTINE_FORMATS.ndjson ? 'ndjson' : 'csv');
    const lines = await this.#lines(artifact);
    response.vary('Accept').set({
      'Content-Type': format === 'csv' ? `${QUARANTINE_FORMATS.csv}; charset=utf-8` : QUARANTINE_FORMATS.ndjson,
      'Content-Disposition': `attachment; filename="quarantine.${format}"`,
    });
    if (request.method === 'HEAD') response.end();
    else await pipeline(Readable.from(textOf(lines, format)), response);
  }

  /** The lines, once the first bytes have proven that the file is there. */
  async #lines(artifact: StoredArtifact): Promise<AsyncIterable<readonly string[]>> {
    const source = this.blobs.open(artifact.storageKey);
    await once(source, 'readable');
    return linesOf(source);
  }
}

/** One piece of text per block of the file. */
async function* textOf(blocks: AsyncIterable<readonly string[]>, format: 'csv' | 'ndjson'): AsyncGenerator<string> {
  if (format === 'csv') yield CSV_HEADER;
  for await (const lines of blocks) {
    const records = lines.map(quarantineRecord);
    yield format === 'csv' ? records.map(csvRow).join('') : records.map((record) => `${JSON.stringify(record)}\n`).join('');
  }
}
