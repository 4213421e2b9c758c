import ipaddr from 'ipaddr.js';

type Address = ReturnType<typeof ipaddr.parse>;
type Network = readonly [Address, number];

/**
 * Destinations that the operator calls its own: they may be private, may be asked without TLS and at any port.
 * A host stands for every address that its name resolves to.
 */
export interface OwnDestinations {
  readonly hosts: ReadonlySet<string>;
  readonly networks: readonly Network[];
}

/** Ports of the web; a public server asked at another may be talked into something that is not HTTP. */
const PUBLIC_PORTS: ReadonlySet<number> = new Set([443, 8443]);

/** Labels with dots between them; the last begins with a letter, otherwise it is an address written in some odd way. */
const HOST_NAME = /^([a-z0-9][a-z0-9-]{0,62}\.)*[a-z][a-z0-9-]{0,62}$/i;

const GLOBAL_V6 = ipaddr.parseCIDR('2000::/3');

/** Where clouds tell machines their credentials. Nothing may be asked there, not even by the operator's leave: leave is given to whole networks. */
const METADATA: readonly Network[] = [
  '169.254.0.0/16',
  'fe80::/10',
  'fd00:ec2::254/128',
  'fd20:ce::254/128',
  '100.100.100.200/32',
  '192.0.0.192/32',
  '168.63.129.16/32',
].map((network) => ipaddr.parseCIDR(network));

/** Reads networks (10.0.0.0/8), addresses and host names. Undefined for a text that is none of them. */
export function ownDestinations(entries: readonly string[]): OwnDestinations | undefined {
  const hosts = new Set<string>();
  const networks: Network[] = [];
  for (const entry of entries) {
    if (ipaddr.isValidCIDR(entry)) networks.push(ipaddr.parseCIDR(entry));
    else if (ipaddr.IPv4.isValidFourPartDecimal(entry) || ipaddr.IPv6.isValid(entry)) {
      const address = ipaddr.parse(entry);
      networks.push([address, address.kind() === 'ipv4' ? 32 : 128]);
    } else if (HOST_NAME.test(entry)) hosts.add(entry.toLowerCase());
    else return undefined;
  }
  return { hosts, networks };
}

/** The host of a URL as a resolver or a parser of addresses takes it. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

/** What is wrong with a URL before anything is resolved. URL has made decimal, octal and hexadecimal addresses plain already. */
export function urlFault(url: URL): string | undefined {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'only https is spoken';
  if (url.username !== '' || url.password !== '') return 'it may hold no user name or password';
  return undefined;
}

/** What is wrong with asking `url` at `address`, which is what its host resolves to. Whatever is not known to be public is refused. */
export function addressFault(url: URL, address: string, own: OwnDestinations): string | undefined {
  const parsed = ipaddr.parse(address);
  if (METADATA.some((network) => within(parsed, network))) return 'the host is not public';
  if (own.hosts.has(hostOf(url)) || own.networks.some((network) => within(parsed, network))) return undefined;
  if (!isPublic(parsed)) return 'the host is not public';
  if (url.protocol !== 'https:') return 'only https is spoken';
  if (!PUBLIC_PORTS.has(Number(url.port || 443))) return 'the port is none of the web';
  return undefined;
}

function isPublic(address: Address): boolean {
  return address.range() === 'unicast' && (address.kind() === 'ipv4' || within(address, GLOBAL_V6));
}

function within(address: Address, [network, bits]: Network): boolean {
  return address.kind() === network.kind() && address.match(network, bits);
}
