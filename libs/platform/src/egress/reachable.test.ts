import { addressFault, hostOf, type OwnDestinations, ownDestinations, urlFault } from './reachable.js';

const NONE = ownDestinations([])!;

function fault(text: string, own: OwnDestinations = NONE, address?: string): string | undefined {
  const url = new URL(text);
  return urlFault(url) ?? addressFault(url, address ?? hostOf(url), own);
}

describe('an address that is not known to be public is refused, however it is written', () => {
  test.each([
    'https://127.0.0.1/',
    'https://127.1/',
    'https://0x7f000001/',
    'https://2130706433/',
    'https://017700000001/',
    'https://0.0.0.0/',
    'https://10.1.2.3/',
    'https://172.31.255.255/',
    'https://192.168.0.1/',
    'https://100.64.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://0xa9fea9fe/',
    'https://192.0.2.1/',
    'https://198.18.0.1/',
    'https://224.0.0.1/',
    'https://240.0.0.1/',
    'https://255.255.255.255/',
    'https://168.63.129.16/',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[::ffff:8.8.8.8]/',
    'https://[0:0:0:0:0:ffff:7f00:1]/',
    'https://[::127.0.0.1]/',
    'https://[64:ff9b::a00:1]/',
    'https://[64:ff9b:1::a00:1]/',
    'https://[2002:7f00:1::]/',
    'https://[2001:0:4136:e378::]/',
    'https://[fc00::1]/',
    'https://[fd00:ec2::254]/',
    'https://[fe80::1]/',
    'https://[fec0::1]/',
    'https://[ff02::1]/',
    'https://[2001:db8::1]/',
    'https://[4000::1]/',
  ])('%s', (url) => {
    expect(fault(url)).toBe('the host is not public');
  });
});

test.each([
  ['http://93.184.215.14/', 'only https is spoken'],
  ['gopher://93.184.215.14/', 'only https is spoken'],
  ['file:///etc/passwd', 'only https is spoken'],
  ['https://user:secret@93.184.215.14/', 'it may hold no user name or password'],
  ['https://93.184.215.14:22/', 'the port is none of the web'],
  ['https://93.184.215.14:6379/', 'the port is none of the web'],
  ['https://93.184.215.14:80/', 'the port is none of the web'],
])('%s is refused', (url, why) => {
  expect(fault(url)).toBe(why);
});

test.each(['https://93.184.215.14/hook', 'https://93.184.215.14:8443/', 'https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/'])(
  '%s is public and may be asked',
  (url) => {
    expect(fault(url)).toBeUndefined();
  },
);

test('what the operator calls its own may be private, without TLS and at any port; nothing else may', () => {
  const own = ownDestinations(['10.2.0.0/16', 'fd12::/16', 'hooks.intranet.example', '127.0.0.1'])!;
  expect(fault('http://10.2.9.9:3000/', own)).toBeUndefined();
  expect(fault('http://[fd12::1]/', own)).toBeUndefined();
  expect(fault('http://127.0.0.1:9000/', own)).toBeUndefined();
  expect(fault('http://hooks.intranet.example/', own, '192.168.7.7')).toBeUndefined();
  expect(fault('http://HOOKS.intranet.example./', own, '192.168.7.7')).toBeUndefined();
  expect(fault('http://10.3.0.1/', own)).toBe('the host is not public');
  expect(fault('http://127.0.0.2/', own)).toBe('the host is not public');
  expect(fault('http://evil.hooks.intranet.example/', own, '192.168.7.7')).toBe('the host is not public');
});

test('where a cloud tells its credentials nothing is asked, whatever was allowed', () => {
  const own = ownDestinations(['0.0.0.0/0', '::/0', 'metadata.example'])!;
  expect(fault('http://169.254.169.254/', own)).toBe('the host is not public');
  expect(fault('http://[fd00:ec2::254]/', own)).toBe('the host is not public');
  expect(fault('http://metadata.example/', own, '169.254.169.254')).toBe('the host is not public');
  expect(fault('http://100.100.100.200/', own)).toBe('the host is not public');
});

test.each(['10.0.0.0/33', '10.0.0', '0x7f000001', 'a b', '*.example.com', 'https://a.example', '-a.example', ''])(
  '"%s" is no destination that can be allowed',
  (entry) => {
    expect(ownDestinations([entry])).toBeUndefined();
  },
);
