// A jest reporter that leaves the counts of one project for the sum that `npm test` prints.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const COUNTS_FILE = '.test-results.json';

export default class CountReporter {
  #folder;

  constructor({ rootDir }) {
    this.#folder = rootDir;
  }

  /** Only a whole project's counts are kept: a run by hand may be of one file. */
  onRunComplete(_contexts, results) {
    if (!process.env.NX_TASK_TARGET_PROJECT) return;
    const counts = {
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
    };
    writeFileSync(join(this.#folder, COUNTS_FILE), `${JSON.stringify(counts)}\n`);
  }
}
