import { readConfig } from './config.js';

const KEY = { ATTUNE_S3_ACCESS_KEY_ID: 'AKIDEXAMPLE', ATTUNE_S3_SECRET_ACCESS_KEY: 'the/secret+of=it' };

function refusal(environment: NodeJS.ProcessEnv): string {
  try {
    readConfig(environment);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the environment was accepted');
}

test('a directory and a bucket are read from one setting', () => {
  expect(readConfig({ ATTUNE_BLOBS_URL: 'file:///srv/a%20b' }).blobs).toEqual({ kind: 'files', directory: '/srv/a b' });
  expect(readConfig({ ATTUNE_BLOBS_URL: 's3://records?region=eu-central-1' }).blobs).toEqual({
    kind: 's3',
    settings: { bucket: 'records', prefix: '', region: 'eu-central-1', endpoint: undefined, pathStyle: false, credentials: undefined },
  });
  const own = 's3://records/a%20b/c/?endpoint=http://s3.internal:9000&path_style=true';
  expect(readConfig({ ATTUNE_BLOBS_URL: own, ...KEY }).blobs).toEqual({
    kind: 's3',
    settings: {
      bucket: 'records',
      prefix: 'a b/c',
      region: 'us-east-1',
      endpoint: 'http://s3.internal:9000',
      pathStyle: true,
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'the/secret+of=it', sessionToken: undefined },
    },
  });
});

test.each([
  's3:///records',
  's3://Not_A_Bucket',
  's3://records/a//b',
  's3://records/a%2F%2Fb',
  's3://records/%zz',
  'file:///%zz',
  's3://records?regoin=eu-central-1',
  's3://records?path_style=yes',
  's3://records?endpoint=ftp://s3.internal',
  's3://records?endpoint=https://key:secret@s3.internal',
  's3://AKIDEXAMPLE:the-secret@records',
  'gs://records',
])('%s is refused, by its name and never by its value', (url) => {
  const message = refusal({ ATTUNE_BLOBS_URL: url });
  expect(message).toContain('ATTUNE_BLOBS_URL');
  expect(message).not.toContain(url);
  expect(message).not.toContain('the-secret');
});

test('half a key is refused: it must not mean whatever else the machine knows', () => {
  for (const half of Object.keys(KEY) as (keyof typeof KEY)[]) {
    const message = refusal({ ATTUNE_BLOBS_URL: 's3://records', [half]: KEY[half] });
    expect(message).toContain('both of them');
    expect(message).not.toContain(KEY[half]);
  }
});
