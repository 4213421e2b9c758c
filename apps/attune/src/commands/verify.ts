import type { Verification } from '@attune/platform';
import { parseArguments, UsageError } from '../arguments.js';
import { EXIT, type Command } from '../command.js';
import { jsonText } from '../json-text.js';
import { table } from '../table.js';

/** Proves what is stored against what the database says of it. */
export const verify: Command = {
  name: 'verify',
  summary: 'prove that every row has its bytes and that the history of every job is whole',
  usage: `Usage: attune verify [--all] [--json]

Asks the database of this machine's settings and the store, past the server: every object that a row names is there
with its size; those of the last 24 hours and a sample of the others are read and hashed. Row ledgers add up, events
have no gap, every generation of a job has one terminal status, no stage runs without a lease. Jobs may go on
meanwhile. Exits with 1 when something is wrong, and says where.

  --all               read and hash every object
  --json              print the findings as JSON`,
  async run(args, io) {
    const { values, positionals } = parseArguments(args, {
      all: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    });
    if (positionals.length > 0) throw new UsageError('verify takes options only.');
    const { runVerify } = await import('../verify.js');
    const found = await runVerify(values.all);
    io.stdout.write(values.json ? jsonText(found) : verificationText(found));
    return found.faults.length === 0 ? EXIT.ok : EXIT.jobFailed;
  },
};

export function verificationText({ named, hashed, unnamed, faults }: Verification): string {
  const looked = `${named.objects} objects with a row (${named.bytes} bytes), ${hashed.objects} of them read; ${unnamed.objects} without a row (${unnamed.bytes} bytes).`;
  if (faults.length === 0) return `${looked}\nNothing is wrong.\n`;
  const lines = faults.map(({ invariant, code, jobId, place }) => [invariant, code, jobId === null ? '-' : `job_${jobId}`, place]);
  return `${table(['invariant', 'what', 'job', 'where'], lines)}${looked}\n${faults.length === 1 ? '1 fault' : `${faults.length} faults`}.\n`;
}
