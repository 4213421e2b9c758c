import {
  type MappingDiffBody,
  MappingDiffQuery,
  type MappingList,
  MappingListQuery,
  mappingPaths,
  MappingQuery,
  MappingRequest,
  type MappingSuggestionBody,
  MappingSuggestionQuery,
  type MappingTestBody,
  MappingTestRequest,
  parseRequest,
} from '@attune/api';
import { AppError, bareId, type GivenMapping } from '@attune/core';
import { diffMappings } from '@attune/mapping';
import { checkMapping } from '@attune/pipeline';
import { callerOf, DOOR, MappingsRepository, PEPPER, readJson, type StoredMapping, SynchronousDoor, Tenant } from '@attune/platform';
import { Controller, Get, HttpCode, Inject, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { isKnown, requireIfMatch } from './conditions.js';
import { readCursor, readPlace, signCursor, signPlace } from './cursor.js';
import { cutPage } from './cut-page.js';
import { readHead } from './head-body.js';
import { mappingBody, mappingSummary, mappingTestBody } from './mapping-body.js';
import { detected, sampled } from './preview.controller.js';

const TESTED_RECORDS = 200;

/** Mappings that a tenant keeps in versions, and suggestions for files (api.md, section 4). */
@Controller('api/v1/mappings')
export class MappingsController {
  constructor(
    @Inject(MappingsRepository) private readonly mappings: MappingsRepository,
    @Inject(SynchronousDoor) private readonly door: SynchronousDoor,
    @Inject(PEPPER) private readonly pepper: string,
  ) {}

  @Post()
  async create(@Tenant() tenantId: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const { name, mapping } = await readMapping(request);
    const stored = await this.mappings.create(tenantId, { name, document: mapping });
    const body = mappingBody(stored);
    response
      .status(201)
      .set({ Location: mappingPaths(body.mapping_id).self, ETag: tagOf(stored) })
      .json(body);
  }

  @Get()
  async list(@Tenant() tenantId: string, @Query() parameters: unknown): Promise<MappingList> {
    const query = parseRequest(MappingListQuery, parameters, { what: 'The query', kind: 'parameter' });
    const scope = [tenantId, 'mappings'];
    const found = await this.mappings.list(tenantId, {
      limit: query.limit + 1,
      ...readPlace(this.pepper, scope, query.cursor),
    });
    const { page, last } = cutPage(found, query.limit);
    const cursor = signPlace(this.pepper, scope, last?.key);
    return { data: page.map(mappingSummary), next_cursor: cursor, has_more: last !== undefined };
  }

  @Post('suggest')
  @HttpCode(200)
  async suggest(@Query() parameters: unknown, @Req() request: Request): Promise<MappingSuggestionBody> {
    const query = parseRequest(MappingSuggestionQuery, parameters, { what: 'The query', kind: 'parameter' });
    const caller = callerOf(request);
    const asked = { head: await readHead(request), size_bytes: query.size_bytes ?? 0, options_json: '' };
    const seen = await this.door.call(DOOR.preview, asked, caller);
    const suggested = await this.door.call(DOOR.suggestMapping, { ...asked, entity: query.entity ?? '' }, caller);
    return {
      ...detected(seen),
      mapping: JSON.parse(suggested.mapping_json) as MappingSuggestionBody['mapping'],
      unsure: suggested.unsure.map(({ field, ...column }) => ({ ...column, field: field === '' ? null : field })),
      fingerprint: suggested.fingerprint,
    };
  }

  @Get(':id')
  async read(
    @Tenant() tenantId: string,
    @Param('id') id: string,
    @Query() parameters: unknown,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const { version } = parseRequest(MappingQuery, parameters, { what: 'The query', kind: 'parameter' });
    const stored = await this.mappings.find(tenantId, mappingId(id), version);
    response.set('ETag', tagOf(stored));
    if (isKnown(request, String(stored.version))) response.status(304).end();
    else response.json(mappingBody(stored));
  }

  @Put(':id')
  async revise(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const permits = requireIfMatch(request);
    const document = await readMapping(request);
    const latest = await this.mappings.find(tenantId, mappingId(id));
    if (!permits(latest.version)) throw new AppError('precondition_failed', 'the mapping has another version than the one that was read');
    const stored = await this.mappings.revise(tenantId, latest.id, latest.version, { name: document.name, document: document.mapping });
    response.set('ETag', tagOf(stored)).json(mappingBody(stored));
  }

  @Get(':id/versions')
  async versions(@Tenant() tenantId: string, @Param('id') id: string, @Query() parameters: unknown): Promise<MappingList> {
    const query = parseRequest(MappingListQuery, parameters, { what: 'The query', kind: 'parameter' });
    const bare = mappingId(id);
    const scope = [tenantId, 'mapping versions', bare];
    const before = query.cursor ? Number(readCursor(this.pepper, scope, query.cursor)) : undefined;
    const found = await this.mappings.versions(tenantId, bare, { limit: query.limit + 1, ...(before === undefined ? {} : { before }) });
    const { page, last } = cutPage(found, query.limit);
    const cursor = last ? signCursor(this.pepper, scope, String(last.version)) : null;
    return { data: page.map(mappingSummary), next_cursor: cursor, has_more: last !== undefined };
  }

  @Get(':id/diff')
  async diff(@Tenant() tenantId: string, @Param('id') id: string, @Query() parameters: unknown): Promise<MappingDiffBody> {
    const query = parseRequest(MappingDiffQuery, parameters, { what: 'The query', kind: 'parameter' });
    const after = await this.mappings.find(tenantId, mappingId(id), query.to);
    const before = await this.mappings.find(tenantId, after.id, query.from ?? Math.max(1, after.version - 1));
    const { added, removed, changed, columns_added, columns_removed, entity } = diffMappings(before.document, after.document);
    return {
      from: before.version,
      to: after.version,
      entity,
      added: [...added],
      removed: [...removed],
      changed: changed.map((change) => ({ ...change, changed: [...change.changed] })),
      columns_added: [...columns_added],
      columns_removed: [...columns_removed],
    };
  }

  @Post(':id/test')
  @HttpCode(200)
  async test(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request): Promise<MappingTestBody> {
    const caller = callerOf(request);
    const asked = parseRequest(MappingTestRequest, await readJson(request), { what: 'The body' });
    const stored = await this.mappings.find(tenantId, mappingId(id), asked.version);
    const tried = await this.door.call(
      DOOR.transformSample,
      {
        head: sampleBytes(asked.sample, asked.encoding),
        size_bytes: 0,
        options_json: '',
        mapping_json: JSON.stringify(stored.document),
        entity: '',
        limit: TESTED_RECORDS,
      },
      caller,
    );
    return mappingTestBody(stored, tried, sampled(tried));
  }
}

/** @throws AppError validation_failed, mapping_invalid, plan.unresolved: a document that no job could use is not kept. */
async function readMapping(request: Request): Promise<{ name: string; mapping: GivenMapping }> {
  const body = parseRequest(MappingRequest, await readJson(request), { what: 'The body' });
  try {
    checkMapping(body.mapping);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const errors = error.errors.map((place) => (place.pointer === undefined ? place : { ...place, pointer: `/mapping${place.pointer}` }));
    throw new AppError(error.code, error.detail, { errors });
  }
  return body;
}

/** @throws AppError not_found for an id that is none. */
export function mappingId(id: string): string {
  const bare = bareId('map', id);
  if (bare === undefined) throw new AppError('not_found', 'there is no such mapping');
  return bare;
}

const tagOf = ({ version }: StoredMapping): string => `"${version}"`;

function sampleBytes(sample: string, encoding: 'utf-8' | 'base64'): Buffer {
  if (encoding === 'utf-8') return Buffer.from(sample);
  const plain = sample.replace(/\s+/g, '');
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(plain))
    throw new AppError('validation_failed', 'the sample is not base64', {
      errors: [{ pointer: '/sample', code: 'invalid_format', message: 'The text is not base64 (RFC 4648, section 4).' }],
    });
  return Buffer.from(plain, 'base64');
}
