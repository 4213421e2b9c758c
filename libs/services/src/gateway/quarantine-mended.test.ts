import type { QuarantineRecord } from '@attune/api';
import type { MendedRecord } from '@attune/pipeline';
import { mendedRecords } from './quarantine-mended.js';
import { membersPlan, setAside } from './quarantine.fixture.js';
import { sentRecords } from './quarantine-sent.js';
import { csvHeader, csvRow } from './quarantine-text.js';

const plan = membersPlan();
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What is left of a body when it is compared with the quarantine. */
async function mended(body: string, records: readonly QuarantineRecord[], of = plan): Promise<readonly MendedRecord[]> {
  const lines = records.map((record) => JSON.stringify(record));
  return mendedRecords(
    sentRecords(utf8(body)),
    (async function* () {
      yield await Promise.resolve(lines);
    })(),
    of,
  );
}

const changes = async (...given: Parameters<typeof mended>): Promise<unknown> =>
  (await mended(...given)).map(({ record, text, values }) => [record, text ?? values]);

const SHORT = setAside('P1,Ada\n');
const LONG = setAside('P2,Ben,Rome,Italy\n', 7);

test('a download that comes back as it was is no change, in either form', async () => {
  const csv = csvHeader(plan) + [SHORT, LONG].map((record) => csvRow(record, record.raw, plan)).join('');
  expect(await changes(csv, [SHORT, LONG])).toEqual([]);
  expect(await changes([SHORT, LONG].map((record) => JSON.stringify(record)).join('\n'), [SHORT, LONG])).toEqual([]);
});

test('cells, objects and texts say the same, in the order of the source', async () => {
  const expected = [
    [4, ['P1', 'Ada', 'Oslo']],
    [7, 'P2,Ben,"Rome,Italy"'],
  ];
  const records = [SHORT, LONG];
  expect(await changes('_record;City;_raw\r\n7;;"P2,Ben,""Rome,Italy"""\r\n4;Oslo;\r\n', records)).toEqual(expected);
  expect(await changes('{"record":7,"raw":"P2,Ben,\\"Rome,Italy\\""}\n{"_record":4,"City":"Oslo"}\n', records)).toEqual(expected);
  expect(await changes('[{"_record":4,"City":"Oslo"},{"_record":"7","_raw":"P2,Ben,\\"Rome,Italy\\""}]', records)).toEqual(expected);
});

test('a record keeps its place in the source whatever is made of it', async () => {
  expect(await mended('[{"_record":4,"MRN":7,"Name":null}]', [SHORT])).toEqual([
    { record: 4, member: '', line: 5, byte_offset: 400, values: ['7', '', ''] },
  ]);
});

test('a text of another encoding is read in it, and what came back once is UTF-8', async () => {
  const latin = { ...plan, encoding: 'windows-1252' as const };
  const received = { ...setAside(''), raw: undefined, byte_length: 8, raw_base64: Buffer.from('P1,Andr\xe9', 'latin1').toString('base64') };
  expect(await changes('_record,_raw\n4,"P1,André"', [received], latin)).toEqual([]);
  expect(await changes('_record,City\n4,Nîmes', [received], latin)).toEqual([[4, ['P1', 'André', 'Nîmes']]]);
  expect(await changes('_record,_raw\n4,"P1,André"', [{ ...setAside('P1,André'), generation: 2 }], latin)).toEqual([]);
});

test('a record of which only the beginning is kept is never mended by that beginning alone', async () => {
  const cut = { ...SHORT, byte_length: 9_000 };
  expect(await changes('_record,_raw\n4,"P1,Ada"', [cut])).toEqual([]);
  expect(await changes('_record,_raw\n4,"P1,Ada,Oslo"', [cut])).toEqual([[4, 'P1,Ada,Oslo']]);
});

test.each([
  ['not UTF-8 at all', Uint8Array.of(0x5f, 0xff), /UTF-8/],
  ['no JSON', utf8('{"_record":'), /Line 1/],
  ['no array', utf8('[1'), /array/],
  ['no object', utf8('[1]'), /no object/],
  ['no ordinal', utf8('{"City":"Oslo"}'), /which one/],
  ['a value that is a list', utf8('{"_record":4,"City":[1]}'), /neither/],
  ['no column _record', utf8('City\nOslo'), /_record/],
  ['a column twice', utf8('_record,City,City\n4,a,b'), /once/],
  ['a cell too many', utf8('_record,City\n4,a,b'), /Row 2/],
])('%s is refused', (_what, body, reason) => {
  expect(() => sentRecords(body)).toThrow(reason);
});
