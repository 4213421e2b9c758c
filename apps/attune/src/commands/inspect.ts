import { JobOptionsRequest } from '@attune/api';
import { onlyWord, parseArguments } from '../arguments.js';
import { EXIT, type Command } from '../command.js';
import { inspectionText } from '../inspection-text.js';
import { jsonText } from '../json-text.js';
import { inspectionOf } from '../inspection.js';

/** Says what a file is and what a job would make of it. Works on this machine alone; nothing is uploaded. */
export const inspect: Command = {
  name: 'inspect',
  summary: 'tell what a file is and how its columns would be mapped; nothing is sent',
  usage: `Usage: attune inspect FILE [--json]

Reads a sample of the file (at most 2.1 MiB) on this machine and prints its format, its dialect, and for every
column the field it would become, how sure that is and why; or that it would be carried along as it is.

  --json              print detection, profile of the sample, mapping and findings as JSON`,
  async run(args, io) {
    const { values, positionals } = parseArguments(args, { json: { type: 'boolean', default: false } });
    const path = onlyWord(positionals, 'FILE');
    const { detection, profile, fileSize } = await inspectionOf(path);
    const { makePlan } = await import('@attune/pipeline');
    const { plan, findings } = makePlan({ detection, profile, options: JobOptionsRequest.parse({}), receivedAt: new Date().toISOString() });
    if (values.json) {
      const found = { bytes: fileSize, detection, profile, mapping: plan.mapping, required: plan.required, findings };
      io.stdout.write(jsonText(found));
    } else {
      io.stdout.write(inspectionText(path, fileSize, { detection, profile, plan }));
    }
    return EXIT.ok;
  },
};
