import { parseRequest } from '@attune/api';
import { defineCall, DOOR, type PlantedRecord, type SampleTruth } from '@attune/platform';
import { FAULTS, Generation, generators, type Planted, SAMPLE_FORMATS, type TruthCounts } from '@attune/synth';
import { z } from 'zod';

const CONTENT_TYPES = { csv: 'text/csv; charset=utf-8', ndjson: 'application/x-ndjson' } as const;

const Wanted = z.strictObject({
  entity: z.enum(generators.map(({ entity }) => entity)),
  record_count: z.int().min(1).max(1000),
  seed: z.int(),
  output_format: z.enum(SAMPLE_FORMATS),
  include_address: z.boolean().optional(),
  hostile_share: z.number().min(0).max(1),
  duplicate_share: z.number().min(0).max(0.5).optional(),
});

/** attune.v1.Generator.GenerateSample: the first records of a seed, the same bytes that `attune gen` writes. */
export const generateSampleCall = defineCall(DOOR.generateSample, (request, { signal }) => {
  const wanted = parseRequest(Wanted, request, { what: 'The request' });
  const generator = generators.find(({ entity }) => entity === wanted.entity)!;
  const generation = new Generation(generator, {
    records: wanted.record_count,
    seed: wanted.seed,
    format: wanted.output_format,
    includeAddress: wanted.include_address,
    hostileShare: wanted.hostile_share,
    duplicateShare: wanted.duplicate_share,
  });
  const parts: Uint8Array[] = [];
  const planted: PlantedRecord[] = [];
  for (const chunk of generation) {
    signal.throwIfAborted();
    parts.push(chunk.bytes);
    planted.push(...chunk.planted.map(plantedMessage));
  }
  const content_type = CONTENT_TYPES[wanted.output_format];
  return Promise.resolve({ content: Buffer.concat(parts), content_type, truth: truthMessage(generation.counts, planted) });
});

function truthMessage({ faults, ...counts }: TruthCounts, planted: PlantedRecord[]): SampleTruth {
  const counted = FAULTS.map((fault) => ({ fault, count: faults[fault] })).filter(({ count }) => count > 0);
  return { ...counts, faults: counted, planted };
}

function plantedMessage(truth: Planted): PlantedRecord {
  const { ordinal: record, kind } = truth;
  return kind === 'hostile'
    ? { record, kind, original: undefined, fault: truth.fault }
    : { record, kind, original: truth.original, fault: undefined };
}
