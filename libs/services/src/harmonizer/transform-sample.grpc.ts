import { defineCall, DOOR, type SampleRecord } from '@attune/platform';
import { givenMapping, inspectHead } from '../sample-head.js';
import { planHead, unsureColumns } from '../sample-plan.js';
import { type SampledRecords, sampleRecords } from '../sample-records.js';

const RECORDS = 20;
const MOST_RECORDS = 200;

/** attune.v1.Harmonizer.TransformSample: the functions of inspect, plan and transform over the head of a file. */
export const transformSampleCall = defineCall(DOOR.transformSample, async (request, context) => {
  const inspected = await inspectHead(request, context);
  const given = givenMapping(request.mapping_json);
  const remembered = await context.mappings.remembered(context.tenantId, inspected.detection.fingerprint);
  const planned = planHead(inspected, { given, remembered, entity: request.entity });
  const { plan } = planned;
  const { records, quarantined, counts } = await sampleRecords(inspected, plan, context);
  const limit = Math.min(request.limit === 0 ? RECORDS : request.limit, MOST_RECORDS);
  return {
    mapping_json: JSON.stringify(plan.mapping),
    unsure: planned.decision.decidedBy === 'caller' ? [] : unsureColumns(planned),
    records: records.slice(0, limit).map(recordMessage),
    total: records.length,
    quarantined,
    counts,
  };
});

function recordMessage({ member, record, line, byte_offset, status, code, values }: SampledRecords[number]): SampleRecord {
  return {
    location: { member, record, line, byte_offset },
    quarantined: status === 'quarantined',
    code,
    values: values.map(({ field, columns, received, canonical, finding }) => ({
      field,
      columns: [...columns],
      received: received ?? undefined,
      canonical: canonical ?? undefined,
      finding,
    })),
  };
}
