// What the quickstart prints in the end; counts and names only, never a value of a record.
import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

const counted = new Intl.NumberFormat('en-US');
const number = (value) => counted.format(value);

/** The job, its quality and manifest, and the folder of the outputs, in words for a person who sees Attune for the first time. */
export function summaryOf({ job, quality, manifest, files, root, seconds }) {
  return [
    '',
    `${job.job_id} ${job.status} after ${seconds.toFixed(1)} s`,
    '',
    ...recordLines(quality.records, job.metrics),
    '',
    `Columns   ${manifest.mapping.fields} recognized, ${manifest.mapping.carried} carried along as they are`,
    '',
    ...qualityLines(quality),
    '',
    `Files in ${relative(root, files)}`,
    ...fileLines(files),
    '',
    'Next',
    '  npm start                                                    the platform, until Ctrl-C',
    '  npx attune submit your-file.csv --wait --out out',
    '                                                               your own data (in a second terminal)',
    '  npx attune --help                       everything else',
  ].join('\n');
}

/** The conservation of records: whatever came in is accounted for. */
function recordLines({ in: taken, out, quarantined, merged, dropped }, metrics) {
  const gap = taken - out - quarantined - merged - dropped;
  return [
    `Records   ${number(taken)} in = ${number(out)} out + ${number(quarantined)} quarantined + ${number(merged)} merged + ${number(dropped)} dropped`,
    gap === 0 ? '          every record is accounted for' : `          ${number(gap)} records are NOT accounted for`,
    `          errors found: ${number(metrics.errors_found)}`,
  ];
}

function qualityLines({ overall, dimensions }) {
  const lines = Object.entries(dimensions).map(([name, { score, numerator, denominator, reason }]) => {
    const judged =
      score === null
        ? `     -  ${reason ?? 'not applicable'}`
        : `${score.toFixed(1).padStart(6)}  ${number(numerator)} of ${number(denominator)}`;
    return `  ${name.padEnd(14)}${judged}`;
  });
  return [`Quality   ${overall === null ? 'not judged' : `${overall.toFixed(1)} of 100`}`, ...lines];
}

function fileLines(folder) {
  return readdirSync(folder)
    .sort()
    .map((name) => `  ${name.padEnd(24)}${number(statSync(join(folder, name)).size).padStart(12)} bytes`);
}
