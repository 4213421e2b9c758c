import type { Detection, Plan, SampleProfile } from '@attune/core';
import { count } from './progress.js';
import { table, visible } from './table.js';

interface Inspection {
  readonly detection: Detection;
  readonly profile: SampleProfile;
  readonly plan: Plan;
}

/** The inspection for people: what the file is, and column by column what becomes of it. */
export function inspectionText(path: string, bytes: number, { detection, profile, plan }: Inspection): string {
  const { dialect } = detection;
  const lines = [
    `${visible(path)}: ${detection.format}, ${detection.encoding}, ${count(bytes)} bytes (confidence ${percent(detection.confidence)})`,
    ...(dialect.delimiter === 0
      ? []
      : [
          `  delimiter ${character(dialect.delimiter)}, quote ${dialect.quote === 0 ? 'none' : character(dialect.quote)}, ${dialect.header ? 'with' : 'without'} a header`,
        ]),
    `  ${detection.columns.length} columns, ${count(profile.records)} records in the sample`,
    ...detection.evidence.map((reason) => `  ${visible(reason)}`),
    ...detection.header_findings.map(({ code, ordinal }) => `  ${code}${ordinal === undefined ? '' : ` at column ${ordinal + 1}`}`),
  ];
  return `${lines.join('\n')}\n\n${table(['#', 'column', 'becomes', 'standardizer', 'sure', 'why'], rowsOf(plan))}`;
}

function rowsOf({ mapping, columns }: Plan): string[][] {
  const byOrdinal = new Map(mapping.fields.flatMap((field) => field.from.map((source) => [source.ordinal, field] as const)));
  return columns.map(({ ordinal, name }) => {
    const field = byOrdinal.get(ordinal);
    if (field === undefined) return [String(ordinal + 1), name, `source.${name}`, '', '', 'carried along as it is'];
    return [String(ordinal + 1), name, field.field, field.standardizer, percent(field.confidence), field.reasons.join('; ')];
  });
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function character(code: number): string {
  return code === 9 ? 'tab' : code < 0x20 || code === 0x7f ? `byte ${code}` : `'${String.fromCharCode(code)}'`;
}
