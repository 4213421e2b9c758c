import { Buffer } from 'node:buffer';
import { readDump } from './read-dump.fixture.js';

const inserts = (...rows: string[]): string => `CREATE TABLE \`t\` (\`a\` int, \`b\` text);\nINSERT INTO \`t\` VALUES ${rows.join(',')};\n`;

test('a wrong row costs itself alone, and says which value is at fault', () => {
  const { rows, codes, aside } = readDump(inserts("(1,'a')", '(2)', "(3,'c',4)", "(4,CONCAT('(',')'))", "(5,'e')"));
  expect(rows).toEqual([
    ['1', 'a'],
    ['5', 'e'],
  ]);
  expect(codes).toEqual(['sql.value_count', 'sql.value_count', 'sql.expression']);
  expect(aside).toEqual(['(2)', "(3,'c',4)", "(4,CONCAT('(',')'))"]);
});

test('a string that is never closed costs its line, and the rows below are read', () => {
  const text = `${inserts("(1,'a')", "(2,'never closed)")}(3,'c');\nINSERT INTO \`t\` VALUES (4,'d');\n`;
  const { rows, codes } = readDump(`${text.replace("'c'", 'NULL').replace("'d'", '5')}`);
  expect(rows).toEqual([
    ['1', 'a'],
    ['3', null],
    ['4', '5'],
  ]);
  expect(codes).toEqual(['sql.unterminated']);
});

test('a string that is never closed in a statement that is passed over is told, for it may have swallowed rows', () => {
  const { rows, codes } = readDump(`${inserts("(1,'a')")}UPDATE x SET y = 'open;\nINSERT INTO \`t\` VALUES (2, NULL);\n`);
  expect(rows).toEqual([['1', 'a']]);
  expect(codes).toEqual(['sql.unterminated']);
});

test('of several tables the one with the most rows is read, or the one that is asked for, by its last name too', () => {
  const dump = 'CREATE TABLE public.a (x int);\nINSERT INTO public.a VALUES (1);\nINSERT INTO public.b (y, z) VALUES (2, 3), (4, 5);\n';
  const most = readDump(dump);
  expect([most.detection.table, most.rows]).toEqual([
    'public.b',
    [
      ['2', '3'],
      ['4', '5'],
    ],
  ]);
  expect(most.detection.evidence[1]).toBe(
    'Tables in the sample, with their rows: public.a (1), public.b (2). The table public.b is read, which has the most rows there.',
  );
  const asked = readDump(dump, { text: { table: 'A' } });
  expect([asked.detection.table, asked.detection.columns, asked.rows]).toEqual(['public.a', [{ ordinal: 0, name: 'x' }], [['1']]]);
  expect(() => readDump(dump, { text: { table: 'c' } })).toThrow('it has public.a (1), public.b (2)');
});

test('rows under other names than the first ones are set aside, not put into the wrong columns', () => {
  const { rows, codes, aside } = readDump(
    'INSERT INTO t (a, b) VALUES (1, 2);\nINSERT INTO t (b, a) VALUES (3, 4), (5, 6);\nINSERT INTO t (a, b) VALUES (7, 8);\n',
  );
  expect(rows).toEqual([
    ['1', '2'],
    ['7', '8'],
  ]);
  expect([codes, aside]).toEqual([['sql.column_list'], ['INSERT INTO t (b, a) VALUES (3, 4), (5, 6);']]);
});

test('backslashes are escapes in the dialect of MySQL only', () => {
  const mysql = readDump("INSERT INTO `t` VALUES ('a\\\\', 'it\\'s\\n');\n");
  expect(mysql.rows).toEqual([['a\\', "it's\n"]]);
  const standard = readDump("SET standard_conforming_strings = on;\nINSERT INTO public.t VALUES ('a\\', 'b\\n', E'c\\n');\n");
  expect(standard.rows).toEqual([['a\\', 'b\\n', 'c\n']]);
});

test('a number for a byte that makes no character sets its record aside', () => {
  const { rows, codes } = readDump('COPY public.t (a) FROM stdin;\n\\303\\251\n\\303x\n\\x41\n\\.\n');
  expect(rows).toEqual([['é'], ['A']]);
  expect(codes).toEqual(['text.invalid_encoding']);
});

test('values beyond the limits are set aside, and a blob of 2 MiB costs its row alone', () => {
  const { rows, codes } = readDump(inserts("(1,'a')", `(2,'${'x'.repeat(2 << 20)}')`, "(3,'c')"), {
    sizes: [100_000],
    text: { table: 't' },
  });
  expect(rows).toEqual([
    ['1', 'a'],
    ['3', 'c'],
  ]);
  expect(codes).toEqual(['record.too_long']);
});

test.each([
  ['a header that reads like a verb', 'Select;Comment\n1;2\n'],
  ['rows that speak of statements', 'id,note\n1,INSERT INTO t VALUES (1);\n'],
  ['a comment and a header', '# export\nid,name\n1,a\n'],
  ['words', 'update your records\n'],
])('%s is no dump', (_name, text) => {
  expect(() => readDump(text)).toThrow(/read as|unprocessable_file/);
});

test('a dump without rows says so', () => {
  expect(() => readDump(Buffer.from('CREATE TABLE `t` (`a` int);\n'))).toThrow('The SQL dump holds no rows of a table.');
});
