import {
  DefaultRulesBody,
  FindingPage,
  isTerminal,
  JobBody,
  ProblemBody,
  QualityBody,
  RuleSetList,
  StoredRuleSetBody,
  type FindingBody,
} from '@attune/api';
import { parseRuleSet } from '@attune/rules';
import { generator, harmonizer, validator } from '../index.js';
import { gateway } from './gateway.js';
import { type RunningGateway, startGateway } from './running-gateway.fixture.js';

const RULES = '/api/v1/rules';
/** Record 2 is born on no day, record 3 in the future, and record 4 has the id of record 1. */
const PEOPLE = `patient_id,first_name,last_name,birth_date
p1,Ada,Brockmann,1980-03-25
p2,Nils,Dreyer,1999-02-30
p3,Zara,Fenwick,2150-01-01
p1,Falk,Iversen,1970-01-01
`;
const YAML = 'entity: person\nrules:\n  - id: long-ago\n    kind: range\n    field: birth_date\n    max: 1975-01-01\n    severity: info\n';

/** Four records are too few to suggest one. */
const MAPPING = {
  entity: 'person',
  fields: ['patient_id', 'first_name', 'last_name', 'birth_date'].map((field, ordinal) => ({ field, from: [{ ordinal, name: field }] })),
};

let started: RunningGateway;
let ours: string;
let theirs: string;

beforeAll(async () => {
  started = await startGateway({ services: [gateway, validator, harmonizer, generator] });
  ({ ours, theirs } = started);
});

afterAll(() => started?.close());

const call: RunningGateway['call'] = (...asked) => started.call(...asked);
const problem = (answer: { body: unknown }): ProblemBody => ProblemBody.parse(answer.body);

async function kept(rules: unknown = YAML): Promise<StoredRuleSetBody> {
  return StoredRuleSetBody.parse((await call('post', RULES).send({ name: 'Ours', rules }).expect(201)).body);
}

async function job(options: object, key = ours): Promise<JobBody> {
  const submitted = await call('post', '/api/v1/jobs', key)
    .field('operation', 'validate')
    .field('options', JSON.stringify({ mapping: MAPPING, ...options }))
    .attach('file', Buffer.from(PEOPLE), 'people.csv')
    .expect(202);
  for (;;) {
    const body = JobBody.parse((await call('get', submitted.headers['location'] as string, key).expect(200)).body);
    if (isTerminal(body.status)) return body;
    await call('get', `${submitted.headers['location'] as string}/status?wait=20&since_version=${body.version}`, key).expect(200);
  }
}

const qualityOf = async (done: JobBody, key = ours): Promise<QualityBody> =>
  QualityBody.parse((await call('get', done.links.quality, key).expect(200)).body);

/** All findings, in pages of so many. */
async function findingsOf(done: JobBody, limit: number): Promise<FindingBody[]> {
  const found: FindingBody[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const route = `${done.links.self}/findings?limit=${limit}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const page: FindingPage = FindingPage.parse((await call('get', route).expect(200)).body);
    found.push(...page.data);
    cursor = page.next_cursor;
  }
  return found;
}

test('rules are kept from YAML or JSON, read as either, changed by version, listed and deleted', async () => {
  const created = await call('post', RULES).send({ name: 'Ours', rules: YAML }).expect(201).expect('ETag', '"1"');
  const body = StoredRuleSetBody.parse(created.body);
  const route = `${RULES}/${body.rules_id}`;
  expect(created.headers['location']).toBe(route);
  expect(body.rules).toEqual(parseRuleSet(YAML));
  const yaml = await call('get', route)
    .set('Accept', 'application/yaml')
    .expect(200)
    .expect('Content-Type', /application\/yaml/);
  expect(parseRuleSet(yaml.text)).toEqual(body.rules);
  await call('get', route).set('If-None-Match', '"1"').expect(304);
  const changed = { name: 'Ours, later', rules: { ...body.rules, defaults: false } };
  expect(problem(await call('put', route).send(changed).expect(428)).code).toBe('precondition_required');
  await call('put', route).set('If-Match', '"1"').send(changed).expect(200).expect('ETag', '"2"');
  expect(problem(await call('put', route).set('If-Match', '"1"').send(changed).expect(412)).code).toBe('precondition_failed');
  const list = RuleSetList.parse((await call('get', `${RULES}?limit=1`).expect(200)).body);
  expect(list.data).toMatchObject([{ rules_id: body.rules_id, version: 2, entity: 'person' }]);
  await call('delete', route).expect(204);
  await call('get', route).expect(404);
  await call('delete', route).expect(404);
});

test('rules of another tenant do not exist', async () => {
  const { rules_id: id } = await kept();
  const route = `${RULES}/${id}`;
  await call('get', route, theirs).expect(404);
  await call('delete', route, theirs).expect(404);
  await call('put', route, theirs).set('If-Match', '"1"').send({ name: 'X', rules: YAML }).expect(404);
  expect(RuleSetList.parse((await call('get', RULES, theirs).expect(200)).body).data).toEqual([]);
});

test('what no job could be judged by is refused with its place, in a document and with a job', async () => {
  const rules = { entity: 'person', rules: [{ id: 'a', kind: 'required', field: 'birthdate' }] };
  const refused = problem(await call('post', RULES).send({ name: 'X', rules }).expect(400));
  expect(refused).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '/rules/rules/0' }] });
  const submitted = await call('post', '/api/v1/jobs')
    .field('options', JSON.stringify({ rules }))
    .attach('file', Buffer.from(PEOPLE), 'p.csv');
  expect([submitted.status, problem(submitted).errors?.[0]?.pointer]).toEqual([400, '/options/rules/rules/0']);
  const unknown = await call('post', '/api/v1/jobs')
    .field('options', JSON.stringify({ rules_id: 'rul_0197c0de-1111-7222-8333-444455556666' }))
    .attach('file', Buffer.from(PEOPLE), 'p.csv');
  expect([unknown.status, problem(unknown).errors?.[0]?.code]).toEqual([400, 'rules.unknown']);
});

test('the rules that come along can be read for every entity', async () => {
  const { rules } = DefaultRulesBody.parse((await call('get', `${RULES}/defaults/person`).expect(200)).body);
  expect(rules.find(({ id }) => id === 'death_not_before_birth')).toMatchObject({ kind: 'order', fields: ['birth_date', 'death_date'] });
  await call('get', `${RULES}/defaults/spaceship`).expect(404);
});

test('findings of the pass come first and those of rules after them, in pages of any size, each with what its rule says', async () => {
  const { rules_id: id } = await kept();
  const done = await job({ rules_id: id });
  expect(done.status).toBe('completed');
  const found = await findingsOf(done, 200);
  const about = found.filter(({ record }) => record !== null).map(({ record, field, rule, code }) => [record, field, rule ?? code]);
  expect(about).toEqual([
    [2, 'birth_date', 'date.invalid'],
    [1, 'birth_date', 'long-ago'],
    [3, 'birth_date', 'birth_not_after_receipt'],
    [3, 'birth_date', 'long-ago'],
    [4, 'patient_id', 'person.patient_id.unique'],
  ]);
  expect(found.at(-1)).toMatchObject({ message: 'No other record has the same patient_id.', value: 'p1', line: 5 });
  expect(found.at(-1)!.fix).toBeDefined();
  for (const limit of [1, 2, 3]) expect(await findingsOf(done, limit)).toEqual(found);
});

test('a job keeps the rules it was submitted with, and its report tells the scores of the job before it', async () => {
  const { rules_id: id } = await kept({
    entity: 'person',
    defaults: false,
    rules: [{ id: 'filled', kind: 'required', field: 'first_name' }],
  });
  const first = await job({ rules_id: id });
  await call('delete', `${RULES}/${id}`).expect(204);
  const before = await qualityOf(first);
  expect(before.rules.map(({ id: rule }) => rule)).toEqual(['filled']);
  const clone = await call('post', `${first.links.self}/clone`).send({}).expect(202);
  let second = JobBody.parse(clone.body);
  while (!isTerminal(second.status)) {
    await call('get', `${second.links.self}/status?wait=20&since_version=${second.version}`).expect(200);
    second = JobBody.parse((await call('get', second.links.self).expect(200)).body);
  }
  const after = await qualityOf(second);
  expect(after.rules).toEqual(before.rules);
  expect(after.previous).toMatchObject({ job_id: first.job_id, overall: before.overall });
  const foreign = await job({}, theirs);
  expect((await qualityOf(foreign, theirs)).previous).toBeNull();
});

test('a rule of severity fatal that fails ends the job, and everything that was found is there to read', async () => {
  const rules = { rules: [{ id: 'none-after-2000', kind: 'range', field: 'birth_date', max: '2000-01-01', severity: 'fatal' }] };
  const done = await job({ rules });
  expect(done).toMatchObject({ status: 'failed', error: { code: 'rules.fatal', stage: 'check' } });
  expect((await qualityOf(done)).rules.find(({ id }) => id === 'none-after-2000')).toMatchObject({ judged: 3, failed: 1 });
  expect((await findingsOf(done, 200)).some(({ rule, severity }) => rule === 'none-after-2000' && severity === 'fatal')).toBe(true);
});
