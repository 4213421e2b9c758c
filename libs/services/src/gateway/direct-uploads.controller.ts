import { DirectUploadBody, DirectUploadRequest, parseRequest, UploadCompletionRequest, type UploadBody } from '@attune/api';
import { AppError } from '@attune/core';
import {
  Admission,
  type BlobStore,
  BLOBS,
  type Config,
  CONFIG,
  DatasetsRepository,
  Metrics,
  readJson,
  Tenant,
  UploadsRepository,
} from '@attune/platform';
import { Controller, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import type { Request } from 'express';
import { completeDirect, directBody, directStore, partBytesOf } from './direct-upload.js';
import { uploadAnswer, uploadIdOf } from './uploads.controller.js';
import { holding, type UploadStores } from './upload-parts.js';

/** Uploads whose parts go from the client to the object store, past the gateways (api.md, section 5). */
@Controller('api/v1/uploads')
export class DirectUploadsController {
  readonly #stores: UploadStores;

  constructor(
    @Inject(UploadsRepository) private readonly uploads: UploadsRepository,
    @Inject(DatasetsRepository) datasets: DatasetsRepository,
    @Inject(BLOBS) private readonly blobs: BlobStore,
    @Inject(Metrics) metrics: Metrics,
    @Inject(Admission) private readonly admission: Admission,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.#stores = { uploads, datasets, blobs, metrics };
  }

  @Post('presign')
  async begin(@Tenant() tenantId: string, @Req() request: Request): Promise<DirectUploadBody> {
    const asked = parseRequest(DirectUploadRequest, await readJson(request), { what: 'The body' });
    const direct = directStore(this.blobs);
    if (asked.bytes > this.config.uploadLimitBytes)
      throw new AppError('payload_too_large', `the file is larger than ${this.config.uploadLimitBytes} bytes`);
    await this.admission.bytes(request, tenantId, asked.bytes);
    const upload = await this.uploads.create({
      tenantId,
      length: asked.bytes,
      name: asked.name ?? null,
      declaredSha256: asked.sha256 ?? null,
      metadata: '',
      direct: { ...(await direct.createUpload()), partBytes: partBytesOf(asked.bytes) },
    });
    return directBody(this.blobs, upload);
  }

  /** What is still to be sent, to addresses that are good for a while again. */
  @Get(':id/parts')
  async parts(@Tenant() tenantId: string, @Param('id') id: string): Promise<DirectUploadBody> {
    return directBody(this.blobs, await this.uploads.find(tenantId, uploadIdOf(id)));
  }

  @Post(':id/complete')
  @HttpCode(200)
  async complete(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request): Promise<UploadBody> {
    const { sha256 } = parseRequest(UploadCompletionRequest, await readJson(request), { what: 'The body' });
    // The store is read to hash what it has: as long as this process lives, so does the lease.
    return holding(
      this.#stores,
      tenantId,
      uploadIdOf(id),
      () => true,
      async (held) => {
        const input = await completeDirect(this.#stores, held, sha256);
        if (held.upload.sha256 === null) await this.admission.received(tenantId, input.bytes);
        return uploadAnswer({ ...held.upload, received: held.upload.length, sha256: input.sha256 }, input.datasetId);
      },
    );
  }
}
