// npm run dev: compiles what changes, and starts the all-in-one anew after every change.
import { ensureInstalled } from './install.mjs';
import { ATTUNE, build, buildAlways, interrupted, PRODUCT, startNode } from './processes.mjs';

ensureInstalled();
const built = await build(PRODUCT);
if (built !== 0 || interrupted()) process.exit(built || 130);
const children = [...buildAlways(PRODUCT), startNode(['--watch', '--watch-preserve-output', ATTUNE, 'up', ...process.argv.slice(2)])];
const code = await Promise.race(children.map(({ gone }) => gone));
for (const { child } of children) child.kill('SIGTERM');
await Promise.all(children.map(({ gone }) => gone));
process.exit(code);
