import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { JobOptionsRequest, parseRequest } from '@attune/api';
import { AppError, Detection, SampleProfile } from '@attune/core';
import { makePlan } from '@attune/pipeline';
import type { GrpcCall } from '@attune/platform';
import { z } from 'zod';

const HEAD_BYTES = 1024 * 1024;
const LINE_ENDS = [0x0a, 0x0d];

const DEFAULTS = JobOptionsRequest.omit({ mapping: true }).parse({});

const PreviewRequest = z.object({ head: z.instanceof(Uint8Array), size_bytes: z.number().min(0) });

/** attune.v1.Validator.Preview: the functions of the stages inspect and plan over the head of a file. */
export const previewCall: GrpcCall = {
  service: 'attune.v1.Validator',
  proto: 'attune/v1/validator.proto',
  method: 'Preview',
  handle: async (request, { engine, signal, scratch }) => {
    const { head, size_bytes: size } = parseRequest(PreviewRequest, request, { what: 'The request' });
    if (head.length > HEAD_BYTES) throw new AppError('payload_too_large', 'the head is larger than 1 MiB');
    const input = path.join(scratch, 'head');
    await writeFile(input, size > head.length ? wholeLines(head) : head);
    await engine.run('inspect', { input, scratch }, { signal });
    const detection = Detection.parse(await json(path.join(scratch, 'detection.json')));
    const profile = SampleProfile.parse(await json(path.join(scratch, 'sample-profile.json')));
    return answer(detection, makePlan({ detection, profile, options: DEFAULTS, receivedAt: new Date().toISOString() }).plan.mapping);
  },
};

/** The file goes on behind the head, so its last line may be cut in the middle. */
function wholeLines(head: Uint8Array): Uint8Array {
  const end = Math.max(...LINE_ENDS.map((byte) => head.lastIndexOf(byte)));
  return end < 0 ? head : head.subarray(0, end + 1);
}

function answer(detection: Detection, mapping: ReturnType<typeof makePlan>['plan']['mapping']): object {
  return {
    format: detection.format,
    encoding: detection.encoding,
    confidence: detection.confidence,
    evidence: detection.evidence,
    delimiter: String.fromCharCode(detection.dialect.delimiter),
    has_header: detection.dialect.header,
    columns: detection.columns.map(({ ordinal, name }) => {
      const field = mapping.fields.find(({ from }) => from[0]?.ordinal === ordinal);
      return { ordinal, name, field: field?.field ?? '', confidence: field?.confidence ?? 0, reasons: field?.reasons ?? [] };
    }),
  };
}

async function json(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8')) as unknown;
}
