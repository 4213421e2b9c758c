import { defineCall, DOOR } from '@attune/platform';
import { inspectHead } from '../sample-head.js';
import { planHead, unsureColumns } from '../sample-plan.js';

/** attune.v1.Harmonizer.SuggestMapping: what the tenant has accepted for the same columns, else what names and values suggest. */
export const suggestMappingCall = defineCall(DOOR.suggestMapping, async (request, context) => {
  const inspected = await inspectHead(request, context);
  const { fingerprint } = inspected.detection;
  const remembered = await context.mappings.remembered(context.tenantId, fingerprint);
  const planned = planHead(inspected, { remembered, entity: request.entity });
  return { mapping_json: JSON.stringify(planned.plan.mapping), unsure: unsureColumns(planned), fingerprint };
});
