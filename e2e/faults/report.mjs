import { availableParallelism } from 'node:os';

/** What a run has found, to be kept. */
export function summary(results, { scale, seeds, slack, seconds }) {
  const count = (outcome) => results.filter((result) => result.outcome === outcome).length;
  return {
    date: new Date().toISOString().slice(0, 10),
    cores: availableParallelism(),
    scale: Number(scale),
    seeds: Number(seeds),
    slack: Number(slack),
    seconds,
    passed: count('passed'),
    failed: count('failed'),
    not_executed: count('not executed'),
    results,
  };
}

/** One line per row and backend: how many seeds have passed, what was measured, and what has failed or was not executed, and why. */
export function markdown(told) {
  const rows = new Map();
  for (const result of told.results) {
    const { id, fault } = result;
    rows.set(id, rows.get(id) ?? { fault, of: {} });
    const cell = (rows.get(id).of[result.backend] ??= []);
    cell.push(result);
  }
  const head = `${told.date}, ${told.cores} cores, scale ${told.scale}, ${told.seeds} seeds, bounds x${told.slack}, ${told.seconds} s: ${told.passed} passed, ${told.failed} failed, ${told.not_executed} not executed.`;
  const lines = [...rows].map(([id, { fault, of }]) => `| ${id} | ${fault} | ${cellOf(of.postgres)} | ${cellOf(of.redis)} |`);
  return [head, '', '| Row | Fault | Queue in Postgres | Queue in Redis |', '|---|---|---|---|', ...lines, ''].join('\n');
}

function cellOf(results) {
  if (results === undefined) return '';
  const bad = results.filter(({ outcome }) => outcome === 'failed');
  if (bad.length > 0) return `**failed** ${bad.length} of ${results.length}: ${bad[0].reason}`;
  if (results.every(({ outcome }) => outcome === 'not executed')) return `not executed: ${results[0].reason}`;
  return [`passed ${results.filter(({ outcome }) => outcome === 'passed').length}`, ...measured(results)].join('; ');
}

/** The greatest of each number. */
function measured(results) {
  const most = {};
  for (const { notes } of results)
    for (const [name, value] of Object.entries(notes ?? {})) most[name] = Math.max(most[name] ?? -Infinity, value);
  return Object.entries(most).map(([name, value]) => `${name} ${value}`);
}
