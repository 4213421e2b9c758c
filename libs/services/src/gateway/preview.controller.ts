import { parseRequest, type PreviewBody, PreviewQuery } from '@attune/api';
import { Detection, FINDING_KINDS, type FindingCode, Mapping } from '@attune/core';
import { callerOf, DOOR, type PreviewResponse, SynchronousDoor, type TransformSampleResponse } from '@attune/platform';
import { Controller, HttpCode, Inject, Post, Query, Req } from '@nestjs/common';
import type { Request } from 'express';
import { readHead } from './head-body.js';

const RECORDS = 20;

/** What a job would make of a file, by its head, for somebody who waits (api.md, section 5): nothing is kept and no job is made. */
@Controller('api/v1/preview')
export class PreviewController {
  constructor(@Inject(SynchronousDoor) private readonly door: SynchronousDoor) {}

  @Post()
  @HttpCode(200)
  async preview(@Query() parameters: unknown, @Req() request: Request): Promise<PreviewBody> {
    const query = parseRequest(PreviewQuery, parameters, { what: 'The query', kind: 'parameter' });
    const caller = callerOf(request);
    const asked = { head: await readHead(request), size_bytes: query.size_bytes ?? 0, options_json: '' };
    const seen = await this.door.call(DOOR.preview, asked, caller);
    const tried = await this.door.call(
      DOOR.transformSample,
      { ...asked, entity: query.entity ?? '', mapping_json: '', limit: RECORDS },
      caller,
    );
    return { ...detected(seen), ...sampled(tried) };
  }
}

export function detected({ detection_json, delimiter }: PreviewResponse): Pick<PreviewBody, 'detection' | 'columns'> {
  const { format, container, encoding, confidence, evidence, dialect, columns } = Detection.parse(JSON.parse(detection_json));
  return {
    detection: { format, container, encoding, confidence, evidence, delimiter, has_header: dialect.header },
    columns,
  };
}

export function sampled(tried: TransformSampleResponse): Omit<PreviewBody, 'detection' | 'columns'> {
  return {
    mapping: Mapping.parse(JSON.parse(tried.mapping_json)),
    unsure: tried.unsure.map(({ field, ...column }) => ({ ...column, field: field === '' ? null : field })),
    sample: {
      records: tried.total,
      quarantined: tried.quarantined,
      data: tried.records.map(recordBody),
    },
    findings: tried.counts.map((found) => ({ ...found, message: messageOf(found.code) })),
  };
}

function recordBody(sample: TransformSampleResponse['records'][number]): PreviewBody['sample']['data'][number] {
  const { location, quarantined, code, values } = sample;
  return {
    record: location?.record ?? 1,
    line: location?.line ?? 1,
    byte_offset: location?.byte_offset ?? 0,
    status: quarantined ? 'quarantined' : 'out',
    code: code ?? null,
    values: values.map(({ field, columns, received = null, canonical = null, finding = null }) => ({
      field,
      columns,
      received,
      canonical,
      finding,
    })),
  };
}

/** A sentence of ours; a code that only a newer worker knows has none here. */
function messageOf(code: string): string {
  return Object.hasOwn(FINDING_KINDS, code) ? FINDING_KINDS[code as FindingCode].message : '';
}
