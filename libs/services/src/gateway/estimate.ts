import { stagesOf } from '@attune/pipeline';
import type { JobDetail, Paces } from '@attune/platform';

/**
 * When an open job will probably be completed, in milliseconds of the database clock: what is left of each stage at the pace that was
 * measured of late, and the wait for a worker. Undefined where a stage was not measured, where a person has to answer first, and where
 * the input is decoded by as many workers as happen to be free.
 */
export function measuredEnd({ job, stages, now, backlogPosition }: JobDetail, paces: Paces): number | undefined {
  if (job.completed_at !== null || job.status === 'awaiting_review' || stages.some(({ stage }) => stage === 'decode')) return undefined;
  let seconds = 0;
  for (const { name, service } of stagesOf(job.operation)) {
    const row = stages.findLast(({ stage }) => stage === name);
    if (row?.status === 'done') continue;
    const pace = paces.of(job.operation, name);
    if (pace === undefined) return undefined;
    seconds += (job.bytes_in / pace.bytesPerSecond) * (1 - Math.min(1, Math.max(0, row?.progress ?? 0)));
    if (row?.status !== 'ready') continue;
    // Those ahead are taken to be usual jobs at the same stage.
    seconds += (backlogPosition * pace.secondsPerJob) / paces.slots(service);
    seconds += Math.max(0, row.next_run_at - now) / 1000;
  }
  return now + seconds * 1000;
}
