import { AppError, bareId } from '@attune/core';
import { TERMINAL } from '@attune/pipeline';
import { defineStream, DOOR, type WatchItem, type WatchResponse } from '@attune/platform';

/** attune.v1.Jobs.Watch: the history after a number, progress between its lines, until the job has ended. */
export const watchCall = defineStream(DOOR.watchJob, async function* ({ job_id: id, after_seq: after }, { tenantId, watch, jobs, signal }) {
  const jobId = bareId('job', id);
  if (jobId === undefined) throw new AppError('not_found', 'there is no such job');
  for await (const item of watch.after(tenantId, jobId, after, signal)) yield messageOf(item);
  signal.throwIfAborted();
  // A watch also ends when this process shuts down, and its caller must not take that for the end of the job.
  const left = await jobs.find(tenantId, jobId);
  if (left && !TERMINAL.has(left.job.status)) throw new AppError('dependency_unavailable', 'this process is stopping; call again');
});

function messageOf(item: WatchItem): WatchResponse {
  if (item.kind === 'progress') {
    const { progress, status, stage } = item.state;
    return { update: { $case: 'progress', value: { progress, status, stage: stage ?? '' } } };
  }
  const { seq, at, level, type, message, data } = item.event;
  const value = { seq, at: new Date(at).toISOString(), level, type, message, data_json: JSON.stringify(data) };
  return { update: { $case: 'event', value } };
}
