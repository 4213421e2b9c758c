// npm test: installs what it needs; lint, types, architecture and all tests.
import { passGate } from './gate.mjs';

await passGate(['run-many']);
