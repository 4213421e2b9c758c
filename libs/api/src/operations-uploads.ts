import type { ApiOperation, HeaderShapes } from './operation.js';
import { answer, json } from './operation-parts.js';
import { DirectUploadBody, DirectUploadRequest, UploadBody, UploadCompletionRequest, UPLOADS } from './upload.api.js';

const UPLOAD = `${UPLOADS}/{id}`;
const OFFSET_TYPE = 'application/offset+octet-stream';

const TUS: HeaderShapes = { 'Tus-Resumable': { description: 'Version of tus.', required: true, example: '1.0.0' } };
const LENGTH: HeaderShapes = { 'Upload-Length': { description: 'Bytes of the whole file.', required: true, example: '20971520' } };
const OFFSET: HeaderShapes = { 'Upload-Offset': { description: 'Bytes that are here.', required: true, example: '8388608' } };
const METADATA: HeaderShapes = {
  'Upload-Metadata': {
    description: 'Keys with values in Base64: `filename` and `sha256` (64 hexadecimal digits) are understood; others are kept.',
    example: 'filename cGVvcGxlLmNzdg==',
  },
};
const EXPIRES: HeaderShapes = {
  'Upload-Expires': { description: 'When the upload ends, whole or not.', required: true, example: 'Tue, 03 Mar 2026 09:00:00 GMT' },
};
const DATASET: HeaderShapes = {
  'Attune-Dataset-Id': { description: 'What the whole file is now.', example: 'ds_0197c0de-1111-7222-8333-444455556666' },
  'Repr-Digest': {
    description: 'The sha256 of the whole file (RFC 9530).',
    example: 'sha-256=:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=:',
  },
};

const common = { tag: 'Uploads', security: 'key', limit: 'api' } as const;

/** Uploads over tus 1.0.0 (tus.io/protocols/resumable-upload) with creation, expiration and termination; and to the object store itself. */
export const uploadOperations: readonly ApiOperation[] = [
  {
    id: 'discoverUploads',
    method: 'options',
    path: UPLOADS,
    tag: 'Uploads',
    security: 'public',
    limit: 'none',
    summary: 'Ask what uploads can do',
    responses: {
      204: {
        description: 'What is spoken here.',
        headers: {
          ...TUS,
          'Tus-Version': { description: 'Versions.', required: true, example: '1.0.0' },
          'Tus-Extension': { description: 'Extensions.', required: true, example: 'creation,expiration,termination' },
          'Tus-Max-Size': { description: 'Largest upload in bytes.', required: true, example: '17179869184' },
        },
      },
    },
    problems: [],
  },
  {
    ...common,
    id: 'createUpload',
    method: 'post',
    path: UPLOADS,
    summary: 'Begin an upload',
    description: 'Its bytes follow with PATCH, through any gateway, for a day.',
    headers: { ...TUS, ...LENGTH, ...METADATA },
    responses: {
      201: {
        description: 'It may begin.',
        headers: {
          ...TUS,
          ...OFFSET,
          ...EXPIRES,
          Location: {
            description: 'Path of the upload.',
            required: true,
            example: '/api/v1/uploads/upl_0197c0de-1111-7222-8333-444455556666',
          },
        },
      },
    },
    problems: ['precondition_failed', 'payload_too_large', 'unprocessable_file', 'quota_exceeded', 'storage_full'],
  },
  {
    ...common,
    id: 'headUpload',
    method: 'head',
    path: UPLOAD,
    summary: 'Ask where an upload goes on',
    headers: TUS,
    responses: {
      200: { description: 'So far it has come.', headers: { ...TUS, ...OFFSET, ...LENGTH, ...METADATA, ...EXPIRES, ...DATASET } },
    },
    problems: ['not_found', 'precondition_failed'],
  },
  {
    ...common,
    id: 'readUpload',
    method: 'get',
    path: UPLOAD,
    summary: 'Read an upload',
    responses: { 200: answer('How far it has come, and what has come of it.', UploadBody) },
    problems: ['not_found'],
  },
  {
    ...common,
    id: 'continueUpload',
    method: 'patch',
    path: UPLOAD,
    summary: 'Send the next bytes of an upload',
    description:
      'Begins where the upload is; elsewhere is 409, and 423 while another request writes. What has come before a connection breaks counts. The answer to the last bytes comes when they are a dataset; bytes that do not hash to the `sha256` of the metadata are 422, and the upload ends.',
    headers: { ...TUS, ...OFFSET },
    body: { required: false, content: { [OFFSET_TYPE]: { kind: 'bytes' } } },
    responses: { 204: { description: 'All of it is here.', headers: { ...TUS, ...OFFSET, ...EXPIRES, ...DATASET } } },
    problems: [
      'not_found',
      'conflict_state',
      'upload_locked',
      'precondition_failed',
      'payload_too_large',
      'unsupported_media',
      'checksum_mismatch',
      'overloaded',
      'quota_exceeded',
      'storage_full',
    ],
  },
  {
    ...common,
    id: 'endUpload',
    method: 'delete',
    path: UPLOAD,
    summary: 'Give an upload up',
    description: 'What has come of it is removed; a dataset stays.',
    headers: TUS,
    responses: { 204: { description: 'It is gone.', headers: TUS } },
    problems: ['not_found', 'precondition_failed'],
  },
  {
    ...common,
    id: 'presignUpload',
    method: 'post',
    path: `${UPLOADS}/presign`,
    summary: 'Begin an upload to the object store itself',
    description:
      'Each part goes to its address with PUT, in any order, within 15 minutes; then complete. Only where objects are in a bucket.',
    body: { required: true, content: json(DirectUploadRequest, { bytes: 20_971_520, name: 'claims.csv' }) },
    responses: { 201: answer('The parts and where they go.', DirectUploadBody) },
    problems: ['conflict_state', 'payload_too_large', 'quota_exceeded', 'storage_full', 'unsupported_media'],
  },
  {
    ...common,
    id: 'listUploadParts',
    method: 'get',
    path: `${UPLOAD}/parts`,
    summary: 'Ask which parts are missing, and where they go',
    description: 'With addresses that are good for another 15 minutes.',
    responses: { 200: answer('The parts.', DirectUploadBody) },
    problems: ['not_found', 'conflict_state'],
  },
  {
    ...common,
    id: 'completeUpload',
    method: 'post',
    path: `${UPLOAD}/complete`,
    summary: 'Make a dataset of the parts that were sent',
    description:
      'The bytes are read and hashed. 409 names parts that are missing; bytes that do not hash to the `sha256` given here or at the beginning are 422, and the upload ends. Once more gets the same answer.',
    body: { required: true, content: json(UploadCompletionRequest, {}) },
    responses: { 200: answer('What has come of it.', UploadBody) },
    problems: ['not_found', 'conflict_state', 'upload_locked', 'checksum_mismatch', 'overloaded', 'unsupported_media'],
  },
];
