// npm start: the whole platform in one process, until Ctrl-C. Arguments go to `attune up`.
import { ensureInstalled } from './install.mjs';
import { ATTUNE, build, interrupted, PRODUCT, runNode } from './processes.mjs';

ensureInstalled();
const built = await build(PRODUCT);
process.exit(built !== 0 || interrupted() ? built || 130 : await runNode([ATTUNE, 'up', ...process.argv.slice(2)]));
