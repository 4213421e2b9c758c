import type { Severity, ValueType } from '@attune/core';
import type { Sql } from '@attune/sql';
import { z } from 'zod';

/** Severities of a rule, from a remark to what ends a job as failed. Remarks (`info`) are told and do not count in a score. */
export const RULE_SEVERITIES = ['info', 'warning', 'error', 'fatal'] as const satisfies readonly Severity[];

/** What a rule says something about; the score of each of them is a share of two counts. */
export const RULE_DIMENSIONS = ['completeness', 'validity', 'uniqueness', 'consistency', 'accuracy', 'timeliness'] as const;
export type RuleDimension = (typeof RULE_DIMENSIONS)[number];

/** Fields of a document that people write are named plainly; a carried column is `source.<header>`. */
export const FieldName = z.string().min(1).max(256);

const Sentence = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'A sentence has no control characters.');

/** What every rule has, whatever its kind. Absent members are filled in from the kind. */
export const RuleHead = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9_.-]{0,99}$/, 'An id has lower case letters, digits, hyphens, dots and underscores.'),
  severity: z.enum(RULE_SEVERITIES).optional(),
  dimension: z.enum(RULE_DIMENSIONS).optional(),
  /** What holds for a record that passes, as one plain sentence. */
  message: Sentence.optional(),
  /** What to do about a record that fails. */
  fix: Sentence.optional(),
});

/** What an earlier dataset with the same columns looked like in one field. */
export interface FieldMeasures {
  readonly records: number;
  readonly filled: number;
  readonly distinct: number;
  /** Characters of the canonical values. */
  readonly min_length: number;
  readonly max_length: number;
  /** Of numbers; of truth values the share of true ones. Null for other types and where there is no value. */
  readonly mean: number | null;
}

/** What a rule is compiled against: one result. */
export interface RuleContext {
  /** What stands after FROM to read the result. */
  readonly silver: Sql;
  /** Columns that have a source, and what their values are; carried columns are text. */
  readonly types: ReadonlyMap<string, ValueType>;
  /** RFC 3339 UTC; when the dataset was received. Stands for "now", so that the same input is judged alike on any day. */
  readonly receivedAt: string;
  /** Measures of the previous dataset with the same columns; absent: there was none. */
  readonly previous?: ReadonlyMap<string, FieldMeasures>;
}

/** A claim about each record. Both conditions are true, false or null; null is taken as false. */
export interface RecordCheck {
  readonly scope: 'record';
  /** The record has what the rule needs. */
  readonly judged: Sql;
  /** Of a record that is judged. */
  readonly failed: Sql;
  /** The value that a finding shows, of any type. */
  readonly value: Sql;
}

/** A claim about the dataset as a whole; a failure is one finding without a record. */
export interface DatasetCheck {
  readonly scope: 'dataset';
  /** Aggregates over the result, each a number that is never null. */
  readonly measures: Readonly<Record<string, Sql>>;
  /** Undefined: there is nothing to judge. */
  readonly decide: (answers: Readonly<Record<string, number>>) => DatasetVerdict | undefined;
}

export interface DatasetVerdict {
  readonly failed: boolean;
  /** What was seen, in numbers, as one sentence; never a value of a record. */
  readonly observed: string;
}

/** The rule cannot say anything of this result. */
export interface NoCheck {
  readonly scope: 'none';
  readonly reason: string;
}

export type RuleCheck = RecordCheck | DatasetCheck | NoCheck;

export const notApplicable = (reason: string): NoCheck => ({ scope: 'none', reason });

/** One way of judging: one folder, one `defineRule`, one line in the registry. */
export interface RuleDefinition<Shape extends z.ZodRawShape> {
  readonly kind: string;
  readonly description: string;
  /** Of rules that do not say otherwise. */
  readonly dimension: RuleDimension;
  readonly severity: Severity;
  /** Members besides those of every rule. */
  readonly parameters: Shape;
  /** What members forbid each other, as the sentence that tells so; undefined where the rule makes sense. */
  readonly contradiction?: (rule: z.output<z.ZodObject<Shape>>) => string | undefined;
  /** Columns it reads; findings are made at the first. */
  readonly fields: (rule: z.output<z.ZodObject<Shape>>) => readonly string[];
  readonly sentence: (rule: z.output<z.ZodObject<Shape>>) => string;
  readonly fix: (rule: z.output<z.ZodObject<Shape>>) => string;
  /** Called when every field has a source. */
  readonly compile: (rule: z.output<z.ZodObject<Shape>>, context: RuleContext) => RuleCheck;
  readonly examples: readonly RuleExample[];
}

/** A small result and which of its records fail; tests and documentation at once. */
export interface RuleExample {
  /** Members besides the id. */
  readonly rule: Readonly<Record<string, unknown>>;
  readonly types: Readonly<Record<string, ValueType>>;
  /** Values in the order of `types`, as text; null is no value. */
  readonly records: readonly (readonly (string | null)[])[];
  /** 1-based ordinals of the records that are judged and fail. Of a rule over the dataset: `[0]` where it fails. */
  readonly fails: readonly number[];
  readonly previous?: Readonly<Record<string, FieldMeasures>>;
}

/** A rule of a document, read and completed. */
export interface Rule {
  readonly id: string;
  readonly kind: string;
  readonly severity: Severity;
  readonly dimension: RuleDimension;
  readonly message: string;
  readonly fix: string;
  readonly fields: readonly string[];
  readonly compile: (context: RuleContext) => RuleCheck;
}

/** A registered kind: the definition without the type of its parameters. */
export interface RuleKind {
  readonly kind: string;
  readonly description: string;
  readonly dimension: RuleDimension;
  readonly severity: Severity;
  /** A rule of this kind as people write it. */
  readonly schema: z.ZodObject<z.ZodRawShape & { kind: z.ZodLiteral<string> }>;
  /** Throws ZodError on members that are not those of the kind. */
  readonly read: (given: unknown) => Rule;
  readonly examples: readonly RuleExample[];
}

/** Makes a kind of rule out of its definition; the contract suite executes the examples of every registered one. */
export function defineRule<Shape extends z.ZodRawShape>(definition: RuleDefinition<Shape>): RuleKind {
  const { kind, description, dimension, severity, examples } = definition;
  const parameters = z.object(definition.parameters);
  const shape = z.strictObject({ ...RuleHead.shape, kind: z.literal(kind), ...definition.parameters });
  const schema = shape.superRefine((rule, context) => {
    // What is wrong with one member is reported on its own.
    const read = parameters.safeParse(rule);
    const message = read.success ? definition.contradiction?.(read.data) : undefined;
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
  const read = (given: unknown): Rule => {
    const head = RuleHead.loose().parse(schema.parse(given));
    const rule = parameters.parse(given);
    const fields = definition.fields(rule);
    return {
      id: head.id,
      kind,
      severity: head.severity ?? severity,
      dimension: head.dimension ?? dimension,
      message: head.message ?? definition.sentence(rule),
      fix: head.fix ?? definition.fix(rule),
      fields,
      compile: (context) => {
        const absent = fields.find((field) => !context.types.has(field));
        return absent === undefined ? definition.compile(rule, context) : notApplicable(`Nothing is mapped to ${absent}.`);
      },
    };
  };
  return { kind, description, dimension, severity, schema: schema, read, examples };
}
