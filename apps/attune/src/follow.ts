import { join } from 'node:path';
import { ApiProblem, isTerminal, jobPaths, type AttuneClient, type JobBody } from '@attune/api';
import { EXIT, type ExitCode, type Io } from './command.js';
import { download } from './download.js';
import { ProgressLine } from './progress.js';
import { summaryOf } from './summary.js';

export interface Following {
  readonly wait: boolean;
  /** Directory for what the job left; waits, too. */
  readonly out?: string | undefined;
  readonly json: boolean;
}

/** Flags of the commands that follow a job. */
export const FOLLOW_OPTIONS = {
  wait: { type: 'boolean', default: false },
  out: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;
export const FOLLOW_USAGE = `  --wait              show progress until the job has ended
  --out DIR           wait, then write result.<format>, quarantine.csv, quality.json and manifest.json into DIR
  --json              print the job as JSON`;

/** Waits if asked to, downloads if asked to, and prints the job last. Exit code 1 when the job ended otherwise than completed. */
export async function follow(client: AttuneClient, job: JobBody, following: Following, io: Io): Promise<ExitCode> {
  const waits = following.wait || following.out !== undefined;
  const latest = waits && !isTerminal(job.status) ? await waitFor(client, job.job_id, io) : job;
  const files: string[] = [];
  if (following.out !== undefined && isTerminal(latest.status)) {
    const { out } = following;
    files.push(...(await download(client, latest, out, io.signal)).map((file) => join(out, file)));
  }
  io.stdout.write(following.json ? `${JSON.stringify(latest, null, 2)}\n` : summaryOf(latest, files));
  if (waits && latest.status === 'awaiting_review') {
    io.stderr.write(
      `The job awaits your decision on its mapping: PUT ${jobPaths(latest.job_id).mapping}, or attune jobs cancel ${latest.job_id}\n`,
    );
    return EXIT.notReady;
  }
  const failed = isTerminal(latest.status) && latest.status !== 'completed';
  if (failed && following.json) io.stderr.write(summaryOf(latest));
  return failed ? EXIT.jobFailed : EXIT.ok;
}

async function waitFor(client: AttuneClient, id: string, io: Io): Promise<JobBody> {
  const line = new ProgressLine(io.stderr);
  try {
    return await client.wait(id, { signal: io.signal, onProgress: (status) => line.show(status) });
  } catch (error) {
    line.end();
    if (!(error instanceof ApiProblem)) io.stderr.write(`The job goes on by itself; follow it with: attune jobs get ${id} --wait\n`);
    throw error;
  } finally {
    line.end();
  }
}
