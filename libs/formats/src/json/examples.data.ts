import { Buffer } from 'node:buffer';
import type { StructuredExample } from '../structured-format.js';

const COLUMNS = ['id', 'name[0].family', 'name[0].given[0]', 'name[0].given[1]', 'address.city', 'active', '_other'];
const PERSONS = [
  '{"id":"p1","name":[{"family":"Okafor","given":["Ada","Ruth"]}],"address":{"city":"Łódź"},"active":true}',
  '{"id":"p2","name":[{"family":"O\\u2019Neil \\ud83d\\ude00","given":["Jo \\"J\\"",""]}],"address":null,"active":false}',
  '{ "id" : 7.50e1 , "address":{"city":"Orono","zip":"04469"},"name":[{"family":{"x":[1,null]},"given":[]},{"family":"Roe"}],"note":{} }',
];
const RECORDS = [
  ['p1', 'Okafor', 'Ada', 'Ruth', 'Łódź', 'true', null],
  ['p2', 'O’Neil 😀', 'Jo "J"', '', null, 'false', null],
  ['7.50e1', null, null, null, 'Orono', null, '{"address.zip":"04469","name[0].family":{"x":[1,null]},"name[1]":{"family":"Roe"}}'],
];

/** Broken each in its own way, and never over the end of its line. */
const BROKEN = [
  ['{"id":"b1"', 'json.invalid'],
  ['{"id":"b2","id":"b2"}', 'json.duplicate_key'],
  ['{"id":NaN}', 'json.invalid'],
  ['{"id":"b\t3"}', 'json.invalid'],
  ['{"id":"\\ud800"}', 'json.invalid'],
  ['{"id":01,}', 'json.invalid'],
  ['[1,2]', 'json.invalid'],
  ['null', 'json.invalid'],
  [`{"id":${'['.repeat(64)}${']'.repeat(64)}}`, 'json.too_deep'],
  ['{"zip":1,"zip":2}', 'json.duplicate_key'],
] as const;

const FIRST = [
  '{"id":"a1","name":[{"family":"Poe","given":["Ed","A"]}],"address":{"city":"Ely"},"active":true}',
  '{"id":"a2","name":[{"family":"Roe"}]}',
];
const FIRST_RECORDS = [
  ['a1', 'Poe', 'Ed', 'A', 'Ely', 'true', null],
  ['a2', 'Roe', null, null, null, null, null],
];
const GOOD = [...FIRST, ...PERSONS];
const ALL = [...FIRST_RECORDS, ...RECORDS];
const rejected = BROKEN.map(([, code]) => code);
const broken = BROKEN.map(([text]) => text);

/** Detection sees the text up to here, so that the paths of later records are not among its columns. */
const upTo = (text: string, mark: string): number => Buffer.byteLength(text.slice(0, text.indexOf(mark)));

const example = (text: string, more: Partial<StructuredExample> = {}): StructuredExample => ({
  text,
  sampleBytes: upTo(text, PERSONS[0]!),
  columns: COLUMNS,
  records: ALL,
  ...more,
});

const pretty = (text: string): string => JSON.stringify(JSON.parse(text), null, 2);
const prettyArray = (texts: readonly string[]): string => `[\n${texts.map((text) => pretty(text).replace(/^/gm, '  ')).join(',\n')}\n]\n`;

const PRETTY = PERSONS.slice(0, 2);
const PRETTY_RECORDS = [...FIRST_RECORDS, ...RECORDS.slice(0, 2)];
const PRETTY_BROKEN =
  '  {\n    "id": "b1",\n    "name": [\n      {\n        "family": "never closed\n      },\n      {\n        "family": "x"\n      }\n    ]\n  },\n';

export const JSON_EXAMPLES: readonly StructuredExample[] = [
  example(`${GOOD.join('\n')}\n`),
  example(`\uFEFF\n${FIRST.join('\r\n')}\r\n\r\n${[...broken, ...PERSONS].join('\r\n \t\r\n')} `, {
    sampleBytes: Buffer.byteLength(`\uFEFF\n${FIRST.join('\r\n')}\r\n`),
    rejected,
  }),
  example(`[${GOOD.join(',')}]`),
  example(`\n[\n${[...FIRST, ...broken, ...PERSONS].join('\n,\t')}\n]\n`, {
    sampleBytes: Buffer.byteLength(`\n[\n${FIRST.join('\n,\t')}\n,\t`),
    rejected,
  }),
  example(prettyArray([...FIRST, ...PRETTY]), { sampleBytes: Buffer.byteLength(prettyArray(FIRST)) - 4, records: PRETTY_RECORDS }),
  example(prettyArray([...FIRST, ...PRETTY]).replace('  {\n    "id": "p2"', `${PRETTY_BROKEN}$&`), {
    sampleBytes: Buffer.byteLength(prettyArray(FIRST)) - 4,
    records: PRETTY_RECORDS,
    rejected: ['json.invalid'],
  }),
  // A bracket that was never closed, and one that was never opened.
  example(`[${FIRST.join(',\n')},\n{"id":"b1","name":[{"family":"x"}]\n,\n${PERSONS.join(',\n')}},\n{"id":"b2"}}]`, {
    sampleBytes: Buffer.byteLength(`[${FIRST.join(',\n')},\n`),
    records: [...ALL, ['b2', null, null, null, null, null, null]],
    rejected: ['json.invalid', 'json.invalid', 'json.invalid'],
  }),
  example(`{"meta":{"entry":[1]},"total":5,"data":{"entry":[${GOOD.join(', ')}],"more":[{"id":"no record"}]},"end":"]}"}\n`, {
    sampleBytes: undefined,
    columns: [...COLUMNS.slice(0, -1), 'address.zip', 'name[0].family.x[0]', 'name[0].family.x[1]', 'name[1].family', 'note', '_other'],
    records: ALL.map((record, i) => [
      ...record.slice(0, -1),
      ...(i === ALL.length - 1 ? ['04469', '1', null, 'Roe', null] : [null, null, null, null, null]),
      null,
    ]),
  }),
  example([...FIRST, ...PRETTY].map(pretty).concat(PERSONS[2]!).join('\n'), {
    sampleBytes: Buffer.byteLength(FIRST.map(pretty).join('\n')) + 1,
  }),
  example(`${pretty(PERSONS[0]!)}\n`, {
    sampleBytes: undefined,
    columns: ['id', 'name[0].family', 'name[0].given[0]', 'name[0].given[1]', 'address.city', 'active', '_other'],
    records: [RECORDS[0]!],
  }),
  // An array that is cut off leaves a record that cannot be read, be it without bytes.
  example(`[${GOOD.join(',')}`, { rejected: ['json.invalid'] }),
  example('{"a.b":1,"":{"_other":"x"},"_other":"y","q\\"":[{"]":false}]}\n{"_other":{"z":2},"\\u0061.b":3,"q":4}\n', {
    sampleBytes: 63,
    columns: ['["a.b"]', '[""]._other', '["_other"]', '["q\\""][0]["]"]', '_other'],
    records: [
      ['1', 'x', 'y', 'false', null],
      ['3', null, null, null, '{"[\\"_other\\"]":{"z":2},"q":4}'],
    ],
  }),
];
