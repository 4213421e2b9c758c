import type { StructuredFormat } from '../structured-format.js';
import { describeJson } from './describe.js';
import { JSON_EXAMPLES } from './examples.data.js';
import { JsonReader } from './json-reader.js';

/** JSON (RFC 8259): objects one a line, in an array, in an array that an object holds, or one after another. Columns are paths. */
export const json: StructuredFormat = {
  name: 'json',
  describe: describeJson,
  open: (plan, width, options) => {
    const columns = plan.columns?.map(({ name }) => name) ?? [];
    if (columns.length !== width || plan.json == null) throw new Error('A plan for JSON says where its records are and names its columns.');
    return new JsonReader(plan, plan.json, columns, options);
  },
  examples: JSON_EXAMPLES,
};
