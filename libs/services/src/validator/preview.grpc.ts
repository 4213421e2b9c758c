import type { Detection, Mapping } from '@attune/core';
import { defineCall, DOOR, type PreviewResponse } from '@attune/platform';
import { inspectHead } from '../sample-head.js';
import { planHead } from '../sample-plan.js';

/** attune.v1.Validator.Preview: the functions of the stages inspect and plan over the head of a file. */
export const previewCall = defineCall(DOOR.preview, async (request, context) => {
  const inspected = await inspectHead(request, context);
  return answer(inspected.detection, planHead(inspected, {}).plan.mapping);
});

function answer(detection: Detection, mapping: Mapping): PreviewResponse {
  return {
    format: detection.format,
    encoding: detection.encoding,
    confidence: detection.confidence,
    evidence: detection.evidence,
    delimiter: detection.dialect.delimiter === 0 ? '' : String.fromCharCode(detection.dialect.delimiter),
    has_header: detection.dialect.header,
    columns: detection.columns.map(({ ordinal, name }) => {
      const field = mapping.fields.find(({ from }) => from.some((column) => column.ordinal === ordinal));
      return { ordinal, name, field: field?.field ?? '', confidence: field?.confidence ?? 0, reasons: field?.reasons ?? [] };
    }),
    detection_json: JSON.stringify(detection),
  };
}
