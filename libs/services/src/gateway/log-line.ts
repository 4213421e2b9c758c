import { LOG_LEVELS, type LogLine } from '@attune/api';
import type { HistoryRow } from '@attune/platform';

/** A line of a job's history as clients read it: in the log and as an event. */
export function logLine({ seq, at, level, type, message, data }: HistoryRow): LogLine {
  const { stage, attempt, ...rest } = data;
  return {
    seq,
    at: new Date(at).toISOString(),
    level,
    type,
    message,
    ...(stage ? { stage: String(stage) } : {}),
    ...(attempt ? { attempt: Number(attempt) } : {}),
    data: rest,
  };
}

/** The level and all above it. */
export function levelsFrom(least: (typeof LOG_LEVELS)[number]): readonly string[] {
  return LOG_LEVELS.slice(LOG_LEVELS.indexOf(least));
}
