import { type UploadBody as UploadAnswer, uploadPath } from '@attune/api';
import { AppError, bareId, prefixed } from '@attune/core';
import {
  Admission,
  type BlobStore,
  BLOBS,
  type Config,
  CONFIG,
  DatasetsRepository,
  Metrics,
  Public,
  type StoredDataset,
  Tenant,
  type Upload,
  UploadsRepository,
} from '@attune/platform';
import { Controller, Delete, Get, Head, Inject, type OnModuleDestroy, Options, Param, Patch, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import {
  abilities,
  datasetHeaders,
  progressHeaders,
  speakTus,
  uploadHeaders,
  uploadLength,
  uploadMetadata,
  uploadOffset,
} from './tus-protocol.js';
import { announcedBytes } from './submit-once.js';
import { UploadBody } from './upload-body.js';
import { append, assemble, discard, type Held, holding, type UploadStores } from './upload-parts.js';

/** Uploads that survive a lost connection and a lost gateway (api.md, section 5): what any gateway received, any other continues. */
@Controller('api/v1/uploads')
export class UploadsController implements OnModuleDestroy {
  readonly #stores: UploadStores;
  readonly #receiving = new Set<Promise<unknown>>();

  constructor(
    @Inject(UploadsRepository) private readonly uploads: UploadsRepository,
    @Inject(DatasetsRepository) private readonly datasets: DatasetsRepository,
    @Inject(BLOBS) blobs: BlobStore,
    @Inject(Metrics) metrics: Metrics,
    @Inject(Admission) private readonly admission: Admission,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.#stores = { uploads, datasets, blobs, metrics };
  }

  /** Connections are closed by now; what they had brought is still to be counted. */
  async onModuleDestroy(): Promise<void> {
    await Promise.allSettled(this.#receiving);
  }

  @Options()
  @Public()
  discover(@Res() response: Response): void {
    response.status(204).set(abilities(this.config.uploadLimitBytes)).end();
  }

  @Post()
  async create(@Tenant() tenantId: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    speakTus(request, response);
    const length = uploadLength(request, response, this.config.uploadLimitBytes);
    await this.admission.bytes(request, tenantId, length);
    const upload = await this.uploads.create({ tenantId, length, direct: null, ...uploadMetadata(request) });
    response
      .status(201)
      .set({ Location: uploadPath(prefixed('upl', upload.id)), ...progressHeaders(upload) })
      .end();
  }

  @Head(':id')
  async tell(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    speakTus(request, response);
    const upload = await this.uploads.find(tenantId, uploadIdOf(id));
    const dataset = await this.#datasetOf(upload);
    response
      .status(200)
      .set({ ...progressHeaders(upload), ...uploadHeaders(upload), ...told(dataset) })
      .end();
  }

  @Get(':id')
  async read(@Tenant() tenantId: string, @Param('id') id: string): Promise<UploadAnswer> {
    const upload = await this.uploads.find(tenantId, uploadIdOf(id));
    const dataset = await this.#datasetOf(upload);
    return uploadAnswer(upload, dataset?.datasetId);
  }

  /** 204 when the whole body was taken; the last one waits until the bytes are a dataset. */
  @Patch(':id')
  async continue(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    speakTus(request, response);
    const offset = uploadOffset(request);
    const bare = uploadIdOf(id);
    const body = new UploadBody(request);
    let [seen, received] = [0, 0];
    // Bytes keep the upload ours, and so does the work on them once all have come.
    const isAlive = (length: number): boolean => {
      const moved = body.taken > seen || received === length;
      seen = body.taken;
      return moved;
    };
    const receiving = this.admission
      .upload(request, tenantId, announcedBytes(request), () =>
        holding(this.#stores, tenantId, bare, isAlive, async (held) => {
          if (held.upload.direct !== null) throw new AppError('conflict_state', 'the parts of this upload go to the object store');
          if (held.upload.received !== offset) throw new AppError('conflict_state', `the upload goes on at byte ${held.upload.received}`);
          expectRoom(request, held);
          received = await append(this.#stores, held, body).finally(() => this.admission.received(tenantId, body.taken));
          const dataset = received === held.upload.length ? await assemble(this.#stores, held) : undefined;
          return { ...progressHeaders({ ...held.upload, received }), ...told(dataset) };
        }),
      )
      .finally(() => body.close());
    this.#receiving.add(receiving);
    try {
      response
        .status(204)
        .set(await receiving)
        .end();
    } finally {
      this.#receiving.delete(receiving);
    }
  }

  @Delete(':id')
  async end(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    speakTus(request, response);
    await discard(this.#stores, await this.uploads.find(tenantId, uploadIdOf(id)));
    response.status(204).end();
  }

  async #datasetOf({ tenantId, sha256 }: Upload): Promise<StoredDataset | undefined> {
    return sha256 === null ? undefined : this.datasets.named(tenantId, { sha256 });
  }
}

export function uploadAnswer(upload: Upload, datasetId: string | undefined): UploadAnswer {
  return {
    upload_id: prefixed('upl', upload.id),
    bytes: upload.length,
    bytes_received: upload.received,
    name: upload.name,
    dataset_id: datasetId === undefined ? null : prefixed('ds', datasetId),
    sha256: upload.sha256,
    created_at: new Date(upload.createdAt).toISOString(),
    expires_at: new Date(upload.expiresAt).toISOString(),
  };
}

/** The bare id. @throws AppError not_found for an id that is none. */
export function uploadIdOf(id: string): string {
  const bare = bareId('upl', id);
  if (bare === undefined) throw new AppError('not_found', 'there is no such upload');
  return bare;
}

/** Refused before it is read, where the client says how much it is. @throws AppError payload_too_large */
function expectRoom(request: Request, { upload: { length, received } }: Held): void {
  if (received + announcedBytes(request) > length)
    throw new AppError('payload_too_large', `the upload has ${length} bytes, and the body goes beyond`);
}

function told(dataset: StoredDataset | undefined): Record<string, string> {
  return dataset === undefined ? {} : datasetHeaders(dataset, prefixed('ds', dataset.datasetId));
}
