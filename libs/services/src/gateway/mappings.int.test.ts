import {
  isTerminal,
  JobBody,
  MappingBody,
  MappingDiffBody,
  MappingList,
  MappingSuggestionBody,
  MappingTestBody,
  ProblemBody,
  SchemaBody,
  SchemaList,
  StoredMappingBody,
} from '@attune/api';
import { entities } from '@attune/core';
import { type RunningProcess } from '@attune/platform';
import request from 'supertest';
import { generator, harmonizer, validator } from '../index.js';
import { gateway } from './gateway.js';
import { type RunningGateway, startGateway } from './running-gateway.fixture.js';

const MAPPINGS = '/api/v1/mappings';
const PEOPLE = `kundennummer,vorname,geboren,region
p1,Ada,25/03/1980,MA
p2,Nils,31/12/1999,WA
p3,Zara,32/02/2000,12
`;
const FIELDS = [
  { field: 'patient_id', from: [{ ordinal: 0, name: 'kundennummer' }] },
  { field: 'first_name', from: [{ ordinal: 1, name: 'vorname' }] },
  { field: 'birth_date', from: [{ ordinal: 2, name: 'geboren' }], options: { order: 'dmy' } },
];
const DOCUMENT = { name: 'Members', mapping: { entity: 'person', fields: FIELDS } };

let started: RunningGateway;
let running: RunningProcess;
let ours: string;
let theirs: string;

beforeAll(async () => {
  started = await startGateway({ services: [gateway, validator, harmonizer, generator] });
  ({ running, ours, theirs } = started);
});

afterAll(() => started?.close());

const call: RunningGateway['call'] = (...asked) => started.call(...asked);
const problem = (answer: { body: unknown }): ProblemBody => ProblemBody.parse(answer.body);

async function kept(): Promise<StoredMappingBody> {
  return StoredMappingBody.parse((await call('post', MAPPINGS).send(DOCUMENT).expect(201)).body);
}

async function job(options: object, key = ours): Promise<JobBody> {
  const submitted = await call('post', '/api/v1/jobs', key)
    .field('options', JSON.stringify(options))
    .attach('file', Buffer.from(PEOPLE), 'people.csv')
    .expect(202);
  for (;;) {
    const body = JobBody.parse((await call('get', submitted.headers['location'] as string, key).expect(200)).body);
    if (isTerminal(body.status)) return body;
    await call('get', `${submitted.headers['location'] as string}/status?wait=20&since_version=${body.version}`, key).expect(200);
  }
}

const mappingOf = async (done: JobBody, key = ours): Promise<MappingBody> =>
  MappingBody.parse((await call('get', done.links.mapping, key).expect(200)).body);

test('a mapping is kept, found by its place, and listed', async () => {
  const created = await call('post', MAPPINGS).send(DOCUMENT).expect(201).expect('ETag', '"1"');
  const body = StoredMappingBody.parse(created.body);
  expect(created.headers['location']).toBe(`${MAPPINGS}/${body.mapping_id}`);
  expect(StoredMappingBody.parse((await call('get', `${MAPPINGS}/${body.mapping_id}`).expect(200)).body)).toEqual(body);
  await call('get', `${MAPPINGS}/${body.mapping_id}`).set('If-None-Match', '"1"').expect(304);
  const list = MappingList.parse((await call('get', `${MAPPINGS}?limit=1`).expect(200)).body);
  expect(list.data).toMatchObject([{ mapping_id: body.mapping_id, version: 1, entity: 'person' }]);
});

test('a revision names the version it changes; another is refused and changes nothing', async () => {
  const { mapping_id: id } = await kept();
  const route = `${MAPPINGS}/${id}`;
  const revised = { ...DOCUMENT, mapping: { entity: 'person', fields: FIELDS.slice(0, 2) } };
  expect(problem(await call('put', route).send(revised).expect(428)).code).toBe('precondition_required');
  expect(problem(await call('put', route).set('If-Match', '"2"').send(revised).expect(412)).code).toBe('precondition_failed');
  await call('put', route).set('If-Match', '"1"').send(revised).expect(200).expect('ETag', '"2"');
  expect(problem(await call('put', route).set('If-Match', '"1"').send(revised).expect(412)).code).toBe('precondition_failed');
  const versions = MappingList.parse((await call('get', `${route}/versions`).expect(200)).body);
  expect(versions.data.map(({ version }) => version)).toEqual([2, 1]);
  const diff = MappingDiffBody.parse((await call('get', `${route}/diff`).expect(200)).body);
  expect(diff).toMatchObject({ from: 1, to: 2, removed: [{ field: 'birth_date' }], columns_removed: [{ ordinal: 2 }], added: [] });
  expect(StoredMappingBody.parse((await call('get', `${route}?version=1`).expect(200)).body).mapping.fields).toHaveLength(3);
});

test('what is kept can be used: a document with faults is refused with their places', async () => {
  const fields = [{ field: 'sex', from: [], constant: 'north' }];
  const refused = problem(await call('post', MAPPINGS).send({ name: 'X', mapping: { fields } }).expect(422));
  expect(refused).toMatchObject({ code: 'mapping_invalid', errors: [{ pointer: '/mapping/fields/0/constant' }] });
  expect(problem(await call('post', MAPPINGS).send({ name: '', mapping: {} }).expect(400)).code).toBe('validation_failed');
  await call('post', MAPPINGS).type('text').send('x').expect(415);
});

test('the mapping of another tenant does not exist, on any route', async () => {
  const { mapping_id: id } = await kept();
  for (const route of ['', '/versions', '/diff']) await call('get', `${MAPPINGS}/${id}${route}`, theirs).expect(404);
  await call('put', `${MAPPINGS}/${id}`, theirs).set('If-Match', '"1"').send(DOCUMENT).expect(404);
  await call('post', `${MAPPINGS}/${id}/test`, theirs).send({ sample: PEOPLE }).expect(404);
  const refused = await request(running.url)
    .post('/api/v1/jobs')
    .set('Authorization', `Bearer ${theirs}`)
    .field('options', JSON.stringify({ mapping_id: id }))
    .attach('file', Buffer.from(PEOPLE), 'people.csv')
    .expect(400);
  expect(problem(refused).errors).toMatchObject([{ pointer: '/options/mapping_id', code: 'mapping.unknown' }]);
});

test('a mapping is tried on a sample: field by field what fits, and where the first findings are', async () => {
  const { mapping_id: id } = await kept();
  for (const body of [{ sample: PEOPLE }, { sample: Buffer.from(PEOPLE).toString('base64'), encoding: 'base64' }]) {
    const tested = MappingTestBody.parse((await call('post', `${MAPPINGS}/${id}/test`).send(body).expect(200)).body);
    expect(tested).toMatchObject({ version: 1, sample: { records: 3, quarantined: 0 } });
    expect(tested.fields.map(({ field, received, fits }) => [field, received, fits])).toEqual([
      ['patient_id', 3, 3],
      ['first_name', 3, 3],
      ['birth_date', 3, 2],
    ]);
    expect(tested.fields[2]).toMatchObject({
      findings: [{ code: 'date.invalid', count: 1 }],
      first: [{ code: 'date.invalid', record: 3, line: 4, byte_offset: PEOPLE.indexOf('p3') }],
    });
    const birth = tested.sample.data[0]!.values.find(({ field }) => field === 'birth_date');
    expect(birth).toMatchObject({ received: '25/03/1980', canonical: '1980-03-25' });
  }
  await call('post', `${MAPPINGS}/${id}/test`).send({ sample: '***', encoding: 'base64' }).expect(400);
  expect(problem(await call('post', `${MAPPINGS}/${id}/test`).send({ sample: 'a,b\n1,2\n' }).expect(422)).code).toBe('mapping_invalid');
});

test('a mapping is suggested for the head of a file, with what is unsure and why', async () => {
  const text = 'patient_id,first_name,last_name,dob,STATE_CODE\n' + 'p1,Ada,Farrow,1980-01-02,22\n'.repeat(20);
  const answer = await call('post', `${MAPPINGS}/suggest`).type('application/octet-stream').send(text).expect(200);
  const suggestion = MappingSuggestionBody.parse(answer.body);
  expect(suggestion.mapping.entity).toBe('person');
  expect(suggestion.mapping.fields.map(({ field }) => field)).toEqual(expect.arrayContaining(['patient_id', 'first_name', 'last_name']));
  expect(suggestion.unsure).toMatchObject([{ name: 'STATE_CODE', field: 'state' }]);
  await call('post', `${MAPPINGS}/suggest?entity=starship`).type('application/octet-stream').send(text).expect(422);
});

test('the second file of a source needs no decision, and only for the tenant who has decided', async () => {
  const first = await job({ mapping: { entity: 'person', fields: FIELDS } });
  expect(first.status).toBe('completed');
  const second = await job({ review: 'when_unsure' });
  expect(second.status).toBe('completed');
  const remembered = await mappingOf(second);
  expect(remembered.fields.map(({ field }) => field)).toEqual(['patient_id', 'first_name', 'birth_date']);
  expect(remembered.fields[0]!.reasons).toContain('Accepted before for the same columns.');
  const other = await mappingOf(await job({}, theirs), theirs);
  expect(other.fields.flatMap(({ reasons }) => reasons)).not.toContain('Accepted before for the same columns.');
});

test('a job obeys a kept mapping as it was when the job came', async () => {
  const { mapping_id: id } = await kept();
  const done = await job({ mapping_id: id });
  expect(done).toMatchObject({ status: 'completed' });
  expect((await mappingOf(done)).fields.map(({ field }) => field)).toEqual(['patient_id', 'first_name', 'birth_date']);
});

test('a mapping and the id of one do not go together', async () => {
  const { mapping_id: id } = await kept();
  const refused = await call('post', '/api/v1/jobs')
    .field('options', JSON.stringify({ mapping_id: id, mapping: { fields: FIELDS } }))
    .attach('file', Buffer.from(PEOPLE), 'people.csv')
    .expect(400);
  expect(problem(refused).errors).toMatchObject([{ pointer: '/options/mapping_id', code: 'conflict' }]);
});

test('every entity has a schema with its standardizers', async () => {
  const list = SchemaList.parse((await call('get', '/api/v1/schemas').expect(200)).body);
  expect(list.data.map(({ entity }) => entity)).toEqual(entities.map(({ name }) => name));
  for (const { entity, fields } of list.data) {
    const schema = SchemaBody.parse((await call('get', `/api/v1/schemas/${entity}`).expect(200)).body);
    expect(schema.fields).toHaveLength(fields);
    const known = new Set(schema.standardizers.map(({ name }) => name));
    expect(schema.fields.filter(({ standardizer }) => !known.has(standardizer))).toEqual([]);
  }
  await call('get', '/api/v1/schemas/starship').expect(404);
  await call('get', '/api/v1/schemas?x=1').expect(400);
});
