import type { Operation, StageName, WorkerService } from '@attune/core';
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
  for (const { name } of stagesOf(job.operation)) {
    const row = stages.findLast(({ stage }) => stage === name);
    if (row?.status === 'done') continue;
    const pace = paces.of(job.operation, name);
    if (pace === undefined) return undefined;
    seconds += (job.bytes_in / pace.bytesPerSecond) * (1 - Math.min(1, Math.max(0, row?.progress ?? 0)));
    if (row?.status !== 'ready') continue;
    seconds += backlogPosition * secondsBetweenEnds(job.operation, name, paces);
    seconds += Math.max(0, row.next_run_at - now) / 1000;
  }
  return now + seconds * 1000;
}

/**
 * How far apart usual jobs end that go on from this stage: jobs end in the order in which they came, so that those ahead first do all that is
 * left of them, and the service that has most to do per worker sets the pace.
 */
function secondsBetweenEnds(operation: Operation, from: StageName, paces: Paces): number {
  const stages = stagesOf(operation);
  const busy = new Map<WorkerService, number>();
  for (const { name, service } of stages.slice(stages.findIndex((stage) => stage.name === from)))
    busy.set(service, (busy.get(service) ?? 0) + (paces.of(operation, name)?.secondsPerJob ?? 0) / paces.slots(service));
  return Math.max(...busy.values());
}
