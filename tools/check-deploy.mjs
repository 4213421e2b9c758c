// npm run check:deploy: what can be known about the deployment on this machine. Every check is a module of deploy/checks that exports
// `name`, `async check(report)` and, where it needs nothing but Node, `cheap = true`.
//   --cheap       only those that need nothing but Node
//   --only NAME   one of them
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ROOT } from './install.mjs';

const FOLDER = join(ROOT, 'deploy', 'checks');
const { values } = parseArgs({ options: { cheap: { type: 'boolean' }, only: { type: 'string' } } });
const counts = { executed: 0, failed: 0, notExecuted: 0 };
/** What a check says, a line each; a check that could not be executed is never one that has passed. */
const report = {
  executed: (what) => say('executed', `executed: ${what}`),
  failed: (what) => say('failed', `failed: ${what}`),
  notExecuted: (what, reason) => say('notExecuted', `not executed (${reason}): ${what}`),
};

for (const file of readdirSync(FOLDER).sort()) {
  if (!file.endsWith('.mjs')) continue;
  const { name, check, cheap = false } = await import(pathToFileURL(join(FOLDER, file)).href);
  if (check === undefined || (values.cheap && !cheap) || (values.only && values.only !== name)) continue;
  console.log(`# ${name}`);
  try {
    await check(report);
  } catch (error) {
    report.failed(`${name}: ${error.stack ?? error}`);
  }
}
console.log(`${counts.executed} executed, ${counts.failed} failed, ${counts.notExecuted} not executed`);
process.exitCode = counts.failed > 0 || counts.executed + counts.notExecuted === 0 ? 1 : 0;

function say(kind, line) {
  counts[kind]++;
  console.log(line);
}
