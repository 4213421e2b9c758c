// npm run dev: compiles what changes, and starts the all-in-one anew after every change.
import { ensureInstalled } from './install.mjs';
import { ATTUNE, interrupted, PRODUCT, runNode, startNode, TSC } from './processes.mjs';

ensureInstalled();
const built = await runNode([TSC, '-b', PRODUCT]);
if (built !== 0 || interrupted()) process.exit(built || 130);
const compiler = startNode([TSC, '-b', '-w', '--preserveWatchOutput', PRODUCT]);
const attune = startNode(['--watch', '--watch-preserve-output', ATTUNE, 'up', ...process.argv.slice(2)]);
const code = await Promise.race([compiler.gone, attune.gone]);
for (const { child } of [compiler, attune]) child.kill('SIGTERM');
await Promise.all([compiler.gone, attune.gone]);
process.exit(code);
