import type { PeerCertificate } from 'node:tls';
import { AppError } from '@attune/core';
import { type ChannelCredentials, credentials, ServerCredentials } from '@grpc/grpc-js';

/** How the gRPC servers and clients of this process prove who they are; PEM texts. */
export interface GrpcTls {
  readonly cert: string;
  readonly key: string;
  /** Whose certificates are believed. With it a client needs one too (mTLS). */
  readonly ca: string | undefined;
  /** Names of which a client's certificate has to carry one; empty: every client that the CA vouches for. */
  readonly allow: readonly string[];
}

export function serverCredentials(tls: GrpcTls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const pair = { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) };
  return ServerCredentials.createSsl(tls.ca === undefined ? null : Buffer.from(tls.ca), [pair], tls.ca !== undefined);
}

export function clientCredentials(tls: GrpcTls | undefined): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  return credentials.createSsl(tls.ca === undefined ? null : Buffer.from(tls.ca), Buffer.from(tls.key), Buffer.from(tls.cert));
}

/** @throws AppError forbidden for a peer whose certificate carries none of the allowed names. */
export function checkPeer(tls: GrpcTls | undefined, certificate: PeerCertificate | undefined): void {
  if (tls === undefined || tls.allow.length === 0) return;
  const names = namesOf(certificate);
  if (!tls.allow.some((name) => names.includes(name)))
    throw new AppError('forbidden', 'the certificate of the caller is not on the allow-list (ATTUNE_GRPC_TLS_ALLOW)');
}

/** `DNS:a, URI:spiffe://b, IP Address:127.0.0.1` without the kinds; RFC 5280, 4.2.1.6. Node quotes a name that holds a comma. */
function namesOf(certificate: PeerCertificate | undefined): string[] {
  const listed = certificate?.subjectaltname?.match(/[^,:]+:(?:"(?:[^"\\]|\\.)*"|[^,]*)/g) ?? [];
  return listed.map((entry) => entry.slice(entry.indexOf(':') + 1));
}
