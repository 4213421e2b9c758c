import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseRequest, QUARANTINE_FORMATS, QuarantineDownloadQuery, type QuarantineRecord } from '@attune/api';
import { AppError, Plan } from '@attune/core';
import {
  ArtifactsRepository,
  type BlobStore,
  BLOBS,
  DatasetsRepository,
  type JobDetail,
  JobsRepository,
  type StoredArtifact,
  Tenant,
} from '@attune/platform';
import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { artifactOf, readJsonArtifact } from './artifact-reader.js';
import { findJob } from './find-job.js';
import { linesOf } from './record-lines.js';
import { decoded, receivedText } from './quarantine-cells.js';
import { quarantineRecord } from './quarantine-record.js';
import { csvHeader, csvRow } from './quarantine-text.js';

/** A longer record fits into no cell. */
const LONGEST_RECORD = 1 << 20;

/** Everything that was set aside, with its reasons, as one file for the person who mends it. */
@Controller('api/v1/jobs/:id/quarantine/download')
export class QuarantineDownloadController {
  constructor(
    @Inject(JobsRepository) private readonly jobs: JobsRepository,
    @Inject(ArtifactsRepository) private readonly artifacts: ArtifactsRepository,
    @Inject(DatasetsRepository) private readonly datasets: DatasetsRepository,
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
    const detail = await findJob(this.jobs, tenantId, id);
    const artifact = await artifactOf(this.artifacts, detail, 'quarantine');
    const accepted = request.accepts([...Object.values(QUARANTINE_FORMATS)]);
    if (asked === undefined && accepted === false) throw new AppError('not_acceptable', 'the quarantine is CSV or NDJSON');
    const format = asked ?? (accepted === QUARANTINE_FORMATS.ndjson ? 'ndjson' : 'csv');
    const lines = await this.#lines(artifact);
    const rows = format === 'csv' ? await this.#csv(lines, detail) : ndjson(lines);
    response.vary('Accept').set({
      'Content-Type': format === 'csv' ? `${QUARANTINE_FORMATS.csv}; charset=utf-8` : QUARANTINE_FORMATS.ndjson,
      'Content-Disposition': `attachment; filename="quarantine.${format}"`,
    });
    if (request.method === 'HEAD') response.end();
    else await pipeline(Readable.from(rows), response);
  }

  /** The lines, once the first bytes have proven that the file is there. */
  async #lines(artifact: StoredArtifact): Promise<AsyncIterable<readonly string[]>> {
    const source = this.blobs.open(artifact.storageKey);
    await once(source, 'readable');
    return linesOf(source);
  }

  /** One piece of text per block of the file. A long record is read again from the received bytes, where they lie as they were read. */
  async #csv(blocks: AsyncIterable<readonly string[]>, detail: JobDetail): Promise<AsyncGenerator<string>> {
    const plan = Plan.parse(await readJsonArtifact(this.blobs, await artifactOf(this.artifacts, detail, 'plan')));
    const input = plan.container === 'none' ? await this.datasets.find(detail.job.tenant_id, detail.job.input_sha256) : undefined;
    const whole = async (record: QuarantineRecord): Promise<string | undefined> => {
      const { generation, byte_offset: start, byte_length: length } = record;
      const text = receivedText(record, plan);
      if (text !== undefined || input === undefined || generation !== undefined || length > LONGEST_RECORD) return text;
      const chunks: Buffer[] = [];
      const source = this.blobs.open(input.storageKey, { start, end: start + length - 1 });
      for await (const chunk of source as AsyncIterable<Buffer>) chunks.push(chunk);
      return decoded(Buffer.concat(chunks), plan.encoding);
    };
    return (async function* () {
      yield csvHeader(plan);
      for await (const lines of blocks) {
        let rows = '';
        for (const record of lines.map(quarantineRecord)) rows += csvRow(record, await whole(record), plan);
        yield rows;
      }
    })();
  }
}

async function* ndjson(blocks: AsyncIterable<readonly string[]>): AsyncGenerator<string> {
  for await (const lines of blocks) yield lines.map((line) => `${JSON.stringify(quarantineRecord(line))}\n`).join('');
}
