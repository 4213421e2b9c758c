import { randomBytes } from 'node:crypto';
import { S3 } from '@aws-sdk/client-s3';
import { S3Double } from '@attune/testing';

/** What tests lean on: the double refuses what S3 refuses. */
let double: S3Double;
let s3: S3;
let place: { Bucket: string; Key: string };
beforeAll(async () => {
  double = await S3Double.start();
  const { region, endpoint, credentials } = double;
  s3 = new S3({ region, endpoint, credentials, forcePathStyle: true, maxAttempts: 1, requestChecksumCalculation: 'WHEN_REQUIRED' });
  place = { Bucket: double.name, Key: 'a b/ü+&=' };
});
afterAll(async () => {
  s3.destroy();
  await double.close();
});

test('a second PUT with If-None-Match: * is refused, one without it is not', async () => {
  await s3.putObject({ ...place, Body: 'first', IfNoneMatch: '*' });
  await expect(s3.putObject({ ...place, Body: 'second', IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
  expect(await (await s3.getObject(place)).Body?.transformToString()).toBe('first');
  await s3.putObject({ ...place, Body: 'third' });
  expect((await s3.headObject(place)).ContentLength).toBe(5);
});

test('a body that does not fit to its checksum is refused and not stored', async () => {
  const Key = 'damaged';
  await expect(s3.putObject({ ...place, Key, Body: 'x', ChecksumCRC32: 'AAAAAA==' })).rejects.toMatchObject({ name: 'BadDigest' });
  s3.middlewareStack.add(
    (next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers['x-amz-content-sha256'] = '0'.repeat(64);
      return next(args);
    },
    { step: 'build', name: 'wrongHash' },
  );
  const sent = s3.putObject({ ...place, Key, Body: 'x' });
  await expect(sent).rejects.toMatchObject({ name: 'XAmzContentSHA256Mismatch' });
  s3.middlewareStack.remove('wrongHash');
  expect(double.bucket.objects.has(Key)).toBe(false);
});

test('an upload with a part that is too small or unknown is not completed, and none twice', async () => {
  const { UploadId } = await s3.createMultipartUpload(place);
  const part = async (PartNumber: number, bytes: number) => ({
    PartNumber,
    ETag: (await s3.uploadPart({ ...place, UploadId, PartNumber, Body: randomBytes(bytes) })).ETag,
  });
  const large = await part(1, 5 * 1024 * 1024);
  const small = await part(2, 10);
  const complete = (...Parts: { PartNumber: number; ETag: string | undefined }[]) =>
    s3.completeMultipartUpload({ ...place, UploadId, MultipartUpload: { Parts } });
  await expect(complete(small, { PartNumber: 3, ETag: small.ETag })).rejects.toMatchObject({ name: 'EntityTooSmall' });
  await expect(complete(large, { PartNumber: 3, ETag: small.ETag })).rejects.toMatchObject({ name: 'InvalidPart' });
  await complete(large, small);
  await expect(complete(large, small)).rejects.toMatchObject({ name: 'NoSuchUpload' });
});
