import { createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DiffCallRequest, parseRequest } from '@attune/api';
import { AppError, findEntity, Plan } from '@attune/core';
import { silverColumns } from '@attune/pipeline';
import { type CallContext, type ChangesFound, defineCall, DOOR, type DiffChange, type DiffResponse } from '@attune/platform';

/** Decoded bytes that are looked at for one page. */
const SCANNED_BYTES = 4 * 1024 * 1024;
/** Room for the records that reach over the end of what is looked at; where it does not do, four times as much is read, and so on. */
const BEYOND_BYTES = 256 * 1024;

/**
 * attune.v1.Harmonizer.Diff: the values that are not in the result as they were received, a page at a time.
 *
 * They are found again from the received bytes and the plan, by the reader and the kernels of the pass, and stored nowhere: in ordinary
 * files six values of a record change (dates, names, telephone numbers), so a list of them, each with both texts and its place, would
 * be about twice what the transform writes otherwise, for a page or two that somebody looks at. The same bytes and the same plan give the
 * same changes on any day.
 */
export const diffCall = defineCall(DOOR.diff, (request, context) => diffPage(request, context));

/** @throws AppError validation_failed, not_found for objects that are not the tenant's, artifact_corrupt */
export async function diffPage(input: unknown, context: CallContext): Promise<DiffResponse> {
  const request = parseRequest(DiffCallRequest, input, { what: 'The request' });
  for (const { key } of [request.plan, request.input])
    if (!key.startsWith(`tenants/${context.tenantId}/`)) throw new AppError('not_found', 'there is no such object');
  const plan = await storedPlan(request, context);
  if (request.field !== '' && !columnsOf(plan).includes(request.field))
    throw new AppError('validation_failed', 'The result has no such column.', {
      errors: [{ parameter: 'field', code: 'unknown', message: 'Not a column of the result that comes from the file.' }],
    });
  const { records, next } = await changes(request, plan, context);
  return {
    data: records.flatMap(({ values, member, record, line, byte_offset }) =>
      values.map(({ field, columns, received, canonical, finding }): DiffChange => ({
        member,
        record,
        line,
        byte_offset,
        field,
        columns: columns.map((ordinal) => ({ ordinal, name: plan.columns[ordinal]?.name ?? '' })),
        received: received ?? '',
        ...(canonical === null ? {} : { canonical }),
        ...(finding === undefined ? {} : { finding }),
      })),
    ),
    ...(next === undefined
      ? {}
      : { next: { member: next.member, byte_offset: next.byteOffset, record: next.record, line: next.line, skip: next.skip } }),
  };
}

async function storedPlan({ plan }: DiffCallRequest, { blobs, scratch }: CallContext): Promise<Plan> {
  const file = path.join(scratch, 'plan.json');
  await blobs.materialize(plan.key, plan, file);
  return Plan.parse(JSON.parse(await readFile(file, 'utf8')));
}

/** Names of the columns of the result that come from the file. */
function columnsOf(plan: Plan): readonly string[] {
  const entity = findEntity(plan.mapping.entity);
  return entity === undefined
    ? []
    : silverColumns(plan, entity)
        .filter(({ sources }) => sources.length > 0)
        .map(({ name }) => name);
}

async function changes(request: DiffCallRequest, plan: Plan, context: CallContext): Promise<ChangesFound> {
  for (let beyond = BEYOND_BYTES, attempt = 0; ; beyond *= 4, attempt++) {
    const scratch = path.join(context.scratch, `page-${attempt}`);
    await mkdir(scratch);
    const { file, toEnd } = await received(request, plan, SCANNED_BYTES + beyond, scratch, context);
    const { member, byte_offset: byteOffset, record, line, skip } = request.from;
    const task = {
      input: file,
      toEnd,
      plan,
      from: { member, byteOffset, record, line, skip },
      values: request.limit,
      bytes: SCANNED_BYTES,
      ...(request.field === '' ? {} : { field: request.field }),
      scratch,
    };
    await context.engine.run('sample', task, { signal: context.signal });
    const found = JSON.parse(await readFile(path.join(scratch, 'sample.json'), 'utf8')) as ChangesFound;
    if (!found.cut) return found;
  }
}

/** A file for the engine: so many bytes of a plain file from the place on, or all of a container, which cannot be entered in the middle. */
async function received(
  { input, from }: DiffCallRequest,
  plan: Plan,
  bytes: number,
  scratch: string,
  { blobs, signal }: CallContext,
): Promise<{ readonly file: string; readonly toEnd: boolean }> {
  const file = path.join(scratch, 'received');
  if (plan.container !== 'none') {
    await blobs.materialize(input.key, input, file);
    return { file, toEnd: true };
  }
  const end = Math.min(input.bytes, from.byte_offset + bytes);
  const window = end > from.byte_offset ? blobs.open(input.key, { start: from.byte_offset, end: end - 1 }) : Readable.from([]);
  await pipeline(window, createWriteStream(file, { flags: 'wx', mode: 0o600 }), { signal });
  return { file, toEnd: end === input.bytes };
}
