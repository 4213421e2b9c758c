import { S3Double } from '@attune/testing';
import { readBlobsUrl } from '../config/blobs-url.js';
import { describeBlobStore } from './blob-store.fixture.js';
import { openS3 } from './s3-store.fixture.js';
import type { S3Settings } from './s3-bucket.js';

describe('in tests', () => {
  let double: S3Double;
  beforeAll(async () => (double = await S3Double.start()));
  afterAll(() => double.close());
  describeBlobStore('S3', () => Promise.resolve(openS3(settingsOf(double.url('a b/prefix'), double.credentials))));
});

describe('where TEST_S3_URL names one', () => {
  const url = process.env['TEST_S3_URL'];
  if (!url) return void test.skip('not executed: no real S3 (TEST_S3_URL)', () => undefined);
  const accessKeyId = process.env['TEST_S3_ACCESS_KEY_ID'];
  const secretAccessKey = process.env['TEST_S3_SECRET_ACCESS_KEY'];
  describeBlobStore('a real S3', () => Promise.resolve(openS3(settingsOf(url, { accessKeyId, secretAccessKey }))));
});

function settingsOf(url: string, keys: { accessKeyId: string | undefined; secretAccessKey: string | undefined }): S3Settings {
  const config = readBlobsUrl(url, { ...keys, sessionToken: undefined });
  if (config.kind !== 's3') throw new Error('the address is none of S3');
  return config.settings;
}
