import type { StructuredFormat } from '../structured-format.js';
import { describeSqlDump } from './describe.js';
import { EXAMPLES } from './examples.data.js';
import { SqlDumpReader } from './reader.js';

/**
 * The rows of one table in a dump of a database, as mysqldump, pg_dump and the like write them: tuples of INSERT statements, or lines of COPY
 * blocks. The dialect of a plan says how it is written: the quote of names (a backtick for MySQL, else a double quote), and between values a
 * comma for tuples or a tabulator for COPY blocks. Reading may begin at any record.
 */
export const sqlDump: StructuredFormat = {
  name: 'sql-dump',
  describe: describeSqlDump,
  open: (plan, width, options) => new SqlDumpReader(plan, width, options),
  examples: EXAMPLES,
};
