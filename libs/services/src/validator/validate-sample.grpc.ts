import { FINDING_KINDS, type FindingCode } from '@attune/core';
import { defineCall, DOOR, type Finding } from '@attune/platform';
import { givenMapping, inspectHead } from '../sample-head.js';
import { planHead } from '../sample-plan.js';
import { type SampledRecords, sampleRecords } from '../sample-records.js';

const FINDINGS = 200;
const MOST_FINDINGS = 1_000;

/** attune.v1.Validator.ValidateSample: what a job of operation validate would find in the head of a file. */
export const validateSampleCall = defineCall(DOOR.validateSample, async (request, context) => {
  const inspected = await inspectHead(request, context);
  const given = givenMapping(request.mapping_json);
  const remembered = await context.mappings.remembered(context.tenantId, inspected.detection.fingerprint);
  const { plan } = planHead(inspected, { given, remembered });
  const { records, quarantined, counts } = await sampleRecords(inspected, plan, context);
  const limit = Math.min(request.limit === 0 ? FINDINGS : request.limit, MOST_FINDINGS);
  return {
    records: records.length,
    quarantined,
    counts,
    findings: records.flatMap(findingsOf).slice(0, limit),
    mapping_json: JSON.stringify(plan.mapping),
  };
});

/** Why the record would be set aside comes first. */
function findingsOf({ member, record, line, byte_offset, code, values }: SampledRecords[number]): Finding[] {
  const location = { member, record, line, byte_offset };
  const ofValues = values.flatMap(({ finding, field, columns, received }) =>
    finding === undefined ? [] : [{ ...told(finding), location: { ...location, column: columns[0] }, field, value: received ?? undefined }],
  );
  return code === undefined ? ofValues : [{ ...told(code), location, field: undefined, value: undefined }, ...ofValues];
}

function told(code: FindingCode): Pick<Finding, 'code' | 'severity' | 'message'> {
  const { severity, message } = FINDING_KINDS[code];
  return { code, severity, message };
}
