import fs from 'node:fs';

/** Resident memory of a process and everything it started, in MiB, by role; the role is what the command line tells. */
export function residentMemory(rootPid) {
  const processes = fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        const status = fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
        const kib = (field) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
        return [
          {
            pid: Number(pid),
            parent,
            rss: kib('Rss') / 1024,
            pss: kib('Pss') / 1024,
            command: fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '),
          },
        ];
      } catch {
        return []; // the process has ended meanwhile
      }
    });
  const family = new Set([rootPid]);
  for (let grown = true; grown;) {
    grown = false;
    for (const { pid, parent } of processes) if (family.has(parent) && !family.has(pid)) grown = Boolean(family.add(pid));
  }
  return processes
    .filter(({ pid }) => family.has(pid))
    .map(({ pid, rss, pss, command }) => ({ pid, rss, pss, role: roleOf(command, pid === rootPid) }));
}

function roleOf(command, isRoot) {
  if (isRoot) return 'attune';
  if (/engine-process\.js/.test(command)) return 'engine';
  return /postgres/.test(command) ? 'postgres' : 'other';
}

/** Samples until stopped; answers the largest sum, the largest single process and the largest process per role. */
export function watchMemory(rootPid, everyMs = 250) {
  const peak = { sumRss: 0, sumPss: 0, process: 0, roles: {} };
  const sample = () => {
    const family = residentMemory(rootPid);
    peak.sumRss = Math.max(
      peak.sumRss,
      family.reduce((sum, { rss }) => sum + rss, 0),
    );
    peak.sumPss = Math.max(
      peak.sumPss,
      family.reduce((sum, { pss }) => sum + pss, 0),
    );
    for (const { rss, role } of family) {
      peak.process = Math.max(peak.process, rss);
      peak.roles[role] = Math.max(peak.roles[role] ?? 0, rss);
    }
  };
  const timer = setInterval(sample, everyMs);
  return () => {
    clearInterval(timer);
    const round = (value) => Math.round(value);
    return {
      sum_rss_mib: round(peak.sumRss),
      sum_pss_mib: round(peak.sumPss),
      max_process_mib: round(peak.process),
      roles_mib: Object.fromEntries(Object.entries(peak.roles).map(([role, rss]) => [role, round(rss)])),
    };
  };
}
