import { createHash, randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { AttuneClient } from '@attune/api';
import {
  type Config,
  CONFIG,
  Deadline,
  errorName,
  type LeaderWork,
  LOG,
  type Logger,
  Metrics,
  newCanaryKey,
  PEPPER,
  RetentionRepository,
  TenantsRepository,
} from '@attune/platform';
import { HttpAdapterHost } from '@nestjs/core';

/** Longest that a canary may take before it counts as one that did not come back. */
const PATIENCE_MS = 45_000;
const OUTCOMES = ['ok', 'failed', 'wrong_hash', 'timeout'] as const;
type Outcome = (typeof OUTCOMES)[number];

/** Nobody's data: a clean record, its exact duplicate, one to make canonical, one with a finding, and one that is set aside. */
export const CANARY_FILE = [
  'patient_id,first_name,last_name,date_of_birth,gender,zip',
  'C-1,Ada,Example,1970-01-02,female,62701',
  'C-1,Ada,Example,1970-01-02,female,62701',
  'C-2,  BEN ,EXAMPLE,03/14/1980,M,62701-0001',
  'C-3,Cyd,Example,1990-02-30,F,62702',
  'C-4,Dot,Example,1999-12-31,F,62703,one field too many',
  '',
].join('\n');
/** SHA-256 of the CSV that this engine makes of it; whatever changes it on purpose changes it here. */
export const CANARY_SHA256 = '6ca9e6753fca0747b67ac4af6c1f56bedde913117f5c14ab68277e4d3e0a9d53';

/** Submits the file through the door that everybody uses, and compares what comes back with what has to. */
export async function flyCanary(
  client: AttuneClient,
  sha256: string,
  { patienceMs = PATIENCE_MS, signal: stop }: { readonly patienceMs?: number; readonly signal?: AbortSignal } = {},
): Promise<Outcome> {
  const deadline = new Deadline(patienceMs, stop);
  const { signal } = deadline;
  try {
    const options = { remove_duplicates: true, standardize_fields: true, validate_schema: true, output_formats: ['csv' as const] };
    const { job_id: id } = await client.submit({ file: new Blob([CANARY_FILE]), name: 'canary.csv', options, signal });
    const { status } = await client.wait(id, { signal });
    if (status !== 'completed') return 'failed';
    const result = await client.result(id, 'csv', { signal });
    const hash = createHash('sha256').update(Buffer.from(await result.arrayBuffer()));
    return hash.digest('hex') === sha256 ? 'ok' : 'wrong_hash';
  } catch (error) {
    if (deadline.isOver) return 'timeout';
    throw error;
  } finally {
    deadline.close();
  }
}

/**
 * A job of a known result every so many seconds, submitted by the leader to itself over HTTP (observability.md, section 2). It never holds up
 * the leader's other work, and there is never more than one under way.
 */
export const sendCanaries: LeaderWork = (take) => {
  const { canarySeconds } = take<Config>(CONFIG);
  if (canarySeconds === 0) return () => Promise.resolve();
  const metrics = take(Metrics);
  const log = take<Logger>(LOG);
  // From the beginning, so that a first failure is an increase.
  for (const outcome of OUTCOMES) metrics.canaryJobs.inc({ outcome }, 0);
  let client: AttuneClient | undefined;
  let dueAt = 0;
  let underWay = false;
  const send = async (signal: AbortSignal): Promise<void> => {
    const outcome = await outcomeOf(async () => {
      client ??= clientOf(
        take(HttpAdapterHost),
        await newCanaryKey(take(TenantsRepository), take(RetentionRepository), take<string>(PEPPER)),
      );
      return flyCanary(client, CANARY_SHA256, { signal });
    });
    if (signal.aborted) return;
    metrics.canaryJobs.inc({ outcome });
    if (outcome === 'ok') metrics.canarySucceeded.setToCurrentTime();
    else log.warn({ status: outcome }, 'a job of a known result did not have it');
  };
  /** Whatever failed, a key that another leader has replaced among it, is had anew next time. */
  const outcomeOf = async (fly: () => Promise<Outcome>): Promise<Outcome> => {
    try {
      return await fly();
    } catch (error) {
      client = undefined;
      log.warn({ error: errorName(error) }, 'a job of a known result could not be followed');
      return 'failed';
    }
  };
  return (signal) => {
    if (underWay || performance.now() < dueAt) return Promise.resolve();
    underWay = true;
    dueAt = performance.now() + canarySeconds * 1000;
    void send(signal).finally(() => (underWay = false));
    return Promise.resolve();
  };
};

/** What is needed of Nest's HttpAdapterHost. */
interface Listening {
  readonly httpAdapter: { getHttpServer(): { address(): AddressInfo } };
}

/** Of this process itself; an address for all interfaces is reached over loopback. */
function clientOf({ httpAdapter }: Listening, apiKey: string): AttuneClient {
  const { address, port } = httpAdapter.getHttpServer().address();
  const host = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }[address] ?? (address.includes(':') ? `[${address}]` : address);
  return new AttuneClient({ url: `http://${host}:${port}`, apiKey, fetch, newKey: randomUUID });
}
