import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ServiceError, status } from '@grpc/grpc-js';
import { readConfig } from '../config/config.js';
import { ask, DoorHouse } from './door.fixture.js';
import { DOOR } from './door-methods.js';
import { defineCall } from './grpc-call.js';
import { SynchronousDoor } from './synchronous-door.js';
import type { GrpcTls } from './tls.js';

const SUGGEST = DOOR.suggestMapping;
const REQUEST = { head: Buffer.from('a\n'), size_bytes: 0, entity: '', options_json: '' };
const ANSWER = { mapping_json: '', unsure: [], fingerprint: 'f' };
const call = defineCall(SUGGEST, () => Promise.resolve(ANSWER));

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const describeTls = hasOpenssl ? describe : describe.skip;
if (!hasOpenssl) test.skip('not executed: no openssl', () => undefined);

describeTls('gRPC over TLS', () => {
  let directory: string;
  let house: DoorHouse;
  let authority: string;

  beforeAll(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'attune-tls-'));
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=authority',
      ...files('ca'),
    );
    authority = read('ca.crt');
    house = await DoorHouse.build();
  });
  afterAll(async () => {
    await house.close();
    rmSync(directory, { recursive: true });
  });

  const read = (name: string): string => readFileSync(path.join(directory, name), 'utf8');
  const files = (name: string): string[] => ['-keyout', path.join(directory, `${name}.key`), '-out', path.join(directory, `${name}.crt`)];

  function openssl(...words: string[]): void {
    const { status: code, stderr } = spawnSync('openssl', words, { encoding: 'utf8' });
    if (code !== 0) throw new Error(stderr);
  }

  /** A certificate that the authority vouches for, with the given names. */
  function identity(name: string, names: string, allow: string[] = []): GrpcTls {
    const extensions = path.join(directory, `${name}.ext`);
    writeFileSync(extensions, `subjectAltName=${names}\n`);
    openssl(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      path.join(directory, `${name}.key`),
      '-out',
      path.join(directory, `${name}.csr`),
    );
    openssl(
      'x509',
      '-req',
      '-in',
      path.join(directory, `${name}.csr`),
      '-CA',
      path.join(directory, 'ca.crt'),
      '-CAkey',
      path.join(directory, 'ca.key'),
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      extensions,
      '-out',
      path.join(directory, `${name}.crt`),
    );
    return { cert: read(`${name}.crt`), key: read(`${name}.key`), ca: authority, allow };
  }

  const failure = (port: number, tls: GrpcTls | undefined): Promise<ServiceError> =>
    ask(house.client(port, tls, 'localhost'), SUGGEST.definition, REQUEST, house.metadata()).then(
      () => Promise.reject(new Error('answered')),
      (error: ServiceError) => error,
    );

  test('with an authority set, a client with its certificate is answered and one without is refused before it can speak', async () => {
    const server = identity('server', 'DNS:localhost');
    const { port } = await house.serve([call], server);
    const client = identity('gateway', 'DNS:gateway.attune');
    expect(await ask(house.client(port, client, 'localhost'), SUGGEST.definition, REQUEST, house.metadata())).toEqual(ANSWER);
    expect(await failure(port, undefined)).toMatchObject({ code: status.UNAVAILABLE });
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=stranger',
      ...files('stranger'),
    );
    const stranger = { cert: read('stranger.crt'), key: read('stranger.key'), ca: authority, allow: [] };
    expect(await failure(port, stranger)).toMatchObject({ code: status.UNAVAILABLE });
  });

  test('with an allow-list, a certificate of the authority under another name may connect and not call', async () => {
    const server = identity('strict', 'DNS:localhost', ['gateway.attune', 'spiffe://attune/gateway']);
    const { port } = await house.serve([call], server);
    for (const [name, names] of [
      ['byname', 'DNS:other,DNS:gateway.attune'],
      ['byuri', 'URI:spiffe://attune/gateway'],
    ] as const) {
      const allowed = identity(name, names);
      expect(await ask(house.client(port, allowed, 'localhost'), SUGGEST.definition, REQUEST, house.metadata())).toEqual(ANSWER);
    }
    const refused = await failure(port, identity('other', 'DNS:other.attune,DNS:gateway.attune.example'));
    expect(refused).toMatchObject({ code: status.PERMISSION_DENIED });
    expect(refused.metadata.get('problem-code')).toEqual(['forbidden']);
  });

  test('the door of another process uses the same settings, read from files', async () => {
    const both = identity('both', 'DNS:localhost,DNS:gateway.attune', ['gateway.attune']);
    const { port } = await house.serve([call], both);
    const { grpc } = readConfig({
      ATTUNE_GRPC_TLS_CERT_FILE: path.join(directory, 'both.crt'),
      ATTUNE_GRPC_TLS_KEY_FILE: path.join(directory, 'both.key'),
      ATTUNE_GRPC_TLS_CA_FILE: path.join(directory, 'ca.crt'),
      ATTUNE_GRPC_TLS_ALLOW: 'gateway.attune, other',
      ATTUNE_HARMONIZER_GRPC: `localhost:${port}`,
    });
    expect(grpc.tls?.allow).toEqual(['gateway.attune', 'other']);
    const door = new SynchronousDoor(house.callsOf([]), grpc.peers, grpc.tls);
    const caller = { key: house.key, requestId: 'r', signal: new AbortController().signal };
    expect(await door.call(SUGGEST, REQUEST, caller)).toEqual(ANSWER);
    door.close();
  });

  test('half of the settings is refused, not taken for none', () => {
    const certificate = path.join(directory, 'ca.crt');
    const key = path.join(directory, 'ca.key');
    expect(() => readConfig({ ATTUNE_GRPC_TLS_CERT_FILE: certificate })).toThrow('ATTUNE_GRPC_TLS_KEY');
    expect(() => readConfig({ ATTUNE_GRPC_TLS_CA_FILE: certificate })).toThrow('ATTUNE_GRPC_TLS_CERT');
    expect(() => readConfig({ ATTUNE_GRPC_TLS_CERT_FILE: certificate, ATTUNE_GRPC_TLS_KEY_FILE: key, ATTUNE_GRPC_TLS_ALLOW: 'a' })).toThrow(
      'ATTUNE_GRPC_TLS_CA',
    );
    expect(() => readConfig({ ATTUNE_GRPC_TLS_CERT: '/a/path', ATTUNE_GRPC_TLS_KEY_FILE: key })).toThrow('a PEM text');
  });
});
