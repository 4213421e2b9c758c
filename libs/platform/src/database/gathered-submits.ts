import { AppError, type WorkerService } from '@attune/core';
import type { Database } from './database.js';
import { answerKeys } from './held-job.js';
import type { JobRow } from './job-rows.js';
import { insertJobs, type NewJobs, type Submission, type Telling } from './new-jobs.js';

/** Submits that go into one transaction at most. */
const TOGETHER = 100;

/** A job that was made, and the services to ring. */
export interface NewJob {
  readonly jobId: string;
  readonly job: JobRow;
  readonly rings: readonly WorkerService[];
}

interface Waiting {
  readonly submission: Submission;
  readonly resolve: (made: NewJob) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * New jobs of a tenant share its place in the queue, so that their transactions wait for each other, and each of them for the disk. Those
 * that come while one is under way go into the next one together: as many wait for the disk once as came meanwhile.
 */
export class GatheredSubmits {
  readonly #waiting = new Map<string, Waiting[]>();

  constructor(private readonly database: Database) {}

  /** A new job and the answer to its idempotency key, in one transaction with nothing of it done otherwise. @throws AppError as `insertJobs`, `answerKeys` */
  submit(submission: Submission): Promise<NewJob> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(submission.tenantId);
      if (waiting !== undefined) waiting.push({ submission, resolve, reject });
      else {
        this.#waiting.set(submission.tenantId, [{ submission, resolve, reject }]);
        void this.#work(submission.tenantId);
      }
    });
  }

  async #work(tenantId: string): Promise<void> {
    const waiting = this.#waiting.get(tenantId)!;
    while (waiting.length > 0) await this.#send(tenantId, waiting.splice(0, TOGETHER));
    this.#waiting.delete(tenantId);
  }

  async #send(tenantId: string, together: readonly Waiting[]): Promise<void> {
    try {
      const { jobs, rings } = await submitTogether(
        this.database,
        tenantId,
        together.map(({ submission }) => submission),
        { told: true },
      );
      together.forEach(({ resolve }, at) => resolve({ jobId: jobs[at]!.id, job: jobs[at]!, rings }));
    } catch (error) {
      // Nothing of it was done where it was refused; where the database is away nobody knows.
      const refused = error instanceof AppError && error.code !== 'dependency_unavailable';
      if (together.length === 1 || !refused) for (const { reject } of together) reject(error);
      else for (const one of together) await this.#send(tenantId, [one]);
    }
  }
}

/** All of them and the answers to their keys, or nothing. */
export async function submitTogether(
  database: Database,
  tenantId: string,
  submissions: readonly Submission[],
  telling?: Telling,
): Promise<NewJobs> {
  const keyed = submissions.flatMap(({ idempotency }, at) => (idempotency === undefined ? [] : [{ key: idempotency, at }]));
  // One statement is a transaction of its own.
  if (keyed.length === 0) return insertJobs((text, values) => database.query(text, values), tenantId, submissions, telling);
  return database.transaction(async (query) => {
    const made = await insertJobs(query, tenantId, submissions, telling);
    await answerKeys(
      query,
      tenantId,
      keyed.map(({ key, at }) => ({ ...key, jobId: made.jobIds[at]! })),
    );
    return made;
  });
}
