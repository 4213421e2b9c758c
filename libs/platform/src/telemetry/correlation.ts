import { AsyncLocalStorage } from 'node:async_hooks';

/** What ties a log line, a statement and a span to the request and the job they belong to. Ids and counts only. */
export interface Correlation {
  readonly request_id?: string;
  readonly job_id?: string;
  readonly stage?: string;
  readonly epoch?: number;
}

const current = new AsyncLocalStorage<Correlation>();

/** What is known here of the request and the job; empty outside of both. */
export function correlation(): Correlation {
  return current.getStore() ?? {};
}

/** Does the work, and everything it starts, under these ids besides those already known. */
export function correlated<T>(ids: Correlation, work: () => T): T {
  return current.run({ ...correlation(), ...ids }, work);
}

/**
 * The ids as a comment behind a statement, so that whoever reads the database's own log or pg_stat_activity finds the job
 * (the form of sqlcommenter). Empty outside of requests and jobs.
 */
export function sqlComment(): string {
  const known = Object.entries(correlation()).filter(([, id]) => id !== undefined);
  if (known.length === 0) return '';
  // encodeURIComponent leaves no character that could end the comment: neither * nor / get through together.
  return ` /*${known.map(([name, id]) => `${name}='${encodeURIComponent(String(id)).replaceAll('*', '%2A').replaceAll("'", '%27')}'`).join(',')}*/`;
}
