import { GivenMapping, Mapping } from '@attune/core';
import { z } from 'zod';
import { ArtifactDocument } from './artifact-document.js';
import { ArtifactBody, ArtifactList } from './artifact.api.js';
import { DiffBody, DiffPage } from './diff.api.js';
import { DuplicateBody, DuplicatePage } from './duplicate.api.js';
import { FindingBody, FindingPage } from './finding.api.js';
import { CollectionBody, CollectionRequest } from './gc.api.js';
import { HealthBody, HealthCheck, LiveBody, ReadyBody } from './health.api.js';
import {
  JobBody,
  JobError,
  JobList,
  JobMetrics,
  JobRequest,
  JobStatusBody,
  LoadBody,
  OperationRequest,
  RowLedgerBody,
  StageBody,
} from './job.api.js';
import { FieldLineage, LineageBody } from './lineage.api.js';
import { LogLine } from './log.api.js';
import { ManifestBody } from './manifest.api.js';
import {
  MappingDiffBody,
  MappingList,
  MappingRequest,
  MappingSuggestionBody,
  MappingSummary,
  MappingTestBody,
  MappingTestRequest,
  StoredMappingBody,
} from './mapping.api.js';
import { JobOptionsBody, JobOptionsRequest } from './options.api.js';
import { PreviewBody, PreviewRecord } from './preview.api.js';
import { ProblemBody } from './problem.api.js';
import { QualityBody } from './quality.api.js';
import { QuarantinePage, QuarantineRecord } from './quarantine.api.js';
import { QuotaBody, QuotaRequest } from './quota.api.js';
import { DatasetHoldBody, RetentionBody, RetentionDueBody, RetentionRequest } from './retention.api.js';
import { BatchBody, BatchRequest } from './batch.api.js';
import { BulkRedriveBody, BulkRedriveRequest, RedriveRequest } from './redrive.api.js';
import { RuleSetList, RuleSetRequest, RuleSetSummary, StoredRuleSetBody, DefaultRulesBody } from './rule.api.js';
import { SchemaBody, SchemaList } from './schema.api.js';
import { AttemptBody, AttemptList, TimelineBody } from './timeline.api.js';
import { FireBody, FireList, ScheduleBody, ScheduleChangeRequest, ScheduleList, ScheduleRequest } from './schedule.api.js';
import { DirectUploadBody, UploadBody } from './upload.api.js';
import { VersionBody } from './version.api.js';
import {
  DeliveryBody,
  DeliveryList,
  JobWebhookSecret,
  RedeliverBody,
  WebhookBody,
  WebhookChangeRequest,
  WebhookList,
  WebhookRequest,
  WebhookWithSecret,
} from './webhook.api.js';

type Schema = Record<string, unknown>;

/** Names of the shapes of requests: what a caller may write, defaults left out. */
const REQUESTS: Readonly<Record<string, z.ZodType>> = {
  Operation: OperationRequest,
  JobOptions: JobOptionsRequest,
  JobRequest,
  BatchRequest,
  RedriveRequest,
  BulkRedriveRequest,
  GivenMapping,
  MappingRequest,
  MappingTestRequest,
  RuleSetRequest,
  CollectionRequest,
  QuotaRequest,
  RetentionRequest,
  WebhookChangeRequest,
  WebhookRequest,
  ScheduleChangeRequest,
  ScheduleRequest,
};

/** Names of the shapes of answers. Those without a name are written out where they are used. */
const ANSWERS: Readonly<Record<string, z.ZodType>> = {
  Batch: BatchBody,
  BulkRedrive: BulkRedriveBody,
  Artifact: ArtifactBody,
  ArtifactDocument,
  ArtifactList,
  Attempt: AttemptBody,
  AttemptList,
  Change: DiffBody,
  ChangePage: DiffPage,
  Collection: CollectionBody,
  DatasetHold: DatasetHoldBody,
  Duplicate: DuplicateBody,
  DuplicatePage,
  FieldLineage,
  Finding: FindingBody,
  FindingPage,
  Health: HealthBody,
  HealthCheck,
  Job: JobBody,
  JobError,
  JobList,
  JobMetrics,
  JobLoad: LoadBody,
  JobStage: StageBody,
  JobStatus: JobStatusBody,
  JobWebhookSecret,
  Lineage: LineageBody,
  Live: LiveBody,
  LogLine,
  Manifest: ManifestBody,
  Mapping,
  MappingDiff: MappingDiffBody,
  MappingList,
  MappingSuggestion: MappingSuggestionBody,
  MappingSummary,
  MappingTest: MappingTestBody,
  Preview: PreviewBody,
  PreviewRecord,
  Problem: ProblemBody,
  Quality: QualityBody,
  QuarantinePage,
  QuarantineRecord,
  Ready: ReadyBody,
  DefaultRules: DefaultRulesBody,
  RuleSetList,
  RuleSetSummary,
  StoredRuleSet: StoredRuleSetBody,
  Quota: QuotaBody,
  Retention: RetentionBody,
  RetentionDue: RetentionDueBody,
  RowLedger: RowLedgerBody,
  Schedule: ScheduleBody,
  ScheduleFire: FireBody,
  ScheduleFireList: FireList,
  ScheduleList,
  Schema: SchemaBody,
  SchemaList,
  StoredMapping: StoredMappingBody,
  SubmittedOptions: JobOptionsBody,
  Timeline: TimelineBody,
  DirectUpload: DirectUploadBody,
  Upload: UploadBody,
  Version: VersionBody,
  Webhook: WebhookBody,
  WebhookDelivery: DeliveryBody,
  WebhookDeliveryList: DeliveryList,
  WebhookList,
  WebhookRedelivery: RedeliverBody,
  WebhookWithSecret,
};

const requests = registryOf(REQUESTS);
const answers = registryOf(ANSWERS);

/** Components of the document: what callers write is closed, what we answer is open to new members. */
export function componentSchemas(): Schema {
  return { ...componentsOf(requests, 'input'), ...(opened(componentsOf(answers, 'output')) as Schema) };
}

/** A reference where the shape has a name, else the schema itself. */
export function requestSchema(schema: z.ZodType): Schema {
  return schemaOf(schema, requests, 'input');
}

export function answerSchema(schema: z.ZodType): Schema {
  return opened(schemaOf(schema, answers, 'output')) as Schema;
}

function registryOf(named: Readonly<Record<string, z.ZodType>>): z.core.$ZodRegistry<{ id: string }> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  return registry;
}

const uri = (id: string): string => `#/components/schemas/${id}`;

function componentsOf(registry: z.core.$ZodRegistry<{ id: string }>, io: 'input' | 'output'): Schema {
  const { schemas } = z.toJSONSchema(registry, { target: 'draft-2020-12', io, unrepresentable: 'any', uri });
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, plain(schema as Schema)]));
}

function schemaOf(schema: z.ZodType, registry: z.core.$ZodRegistry<{ id: string }>, io: 'input' | 'output'): Schema {
  const name = registry.get(schema)?.id;
  if (name !== undefined) return { $ref: uri(name) };
  const made = z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any', metadata: registry }) as Schema;
  return relinked(plain(made)) as Schema;
}

/** Without what only a schema of its own needs: dialect and address are those of the document. */
function plain({ $schema: _dialect, $id: _address, $defs: _definitions, ...schema }: Schema): Schema {
  return schema;
}

/** Named shapes inside of an unnamed one lie among the components. */
function relinked(value: unknown): unknown {
  return everywhere(value, (schema) =>
    typeof schema['$ref'] === 'string' ? { ...schema, $ref: schema['$ref'].replace('#/$defs/', '#/components/schemas/') } : schema,
  );
}

/** A later server may answer more members (api.md, section 1), so a schema of an answer never forbids them. */
function opened(value: unknown): unknown {
  return everywhere(value, ({ additionalProperties, ...schema }) =>
    additionalProperties === undefined || additionalProperties === false ? schema : { ...schema, additionalProperties },
  );
}

function everywhere(value: unknown, change: (schema: Schema) => Schema): unknown {
  if (Array.isArray(value)) return value.map((item) => everywhere(item, change));
  if (value === null || typeof value !== 'object') return value;
  return change(Object.fromEntries(Object.entries(value).map(([key, member]) => [key, everywhere(member, change)])));
}
