import type { GivenMapping } from '@attune/core';
import { MappingList, mappingPaths, MappingTestBody, type MappingTestRequest, StoredMappingBody } from './mapping.api.js';
import { Transport, type TransportOptions } from './transport.js';

interface Cancellable {
  readonly signal?: AbortSignal;
}

/** A mapping document by its name in lists; the document may leave out what has a default. */
export interface KeptDocument {
  readonly name: string;
  readonly mapping: GivenMapping;
}

const MAPPINGS = '/api/v1/mappings';
const JSON_BODY = { 'content-type': 'application/json' };

/** Kept mappings over HTTP. Every call throws ApiProblem, Unreachable or UnexpectedAnswer. */
export class MappingsClient {
  readonly #http: Transport;
  /** A create that was not answered may have happened: it is not tried again. */
  readonly #once: Transport;

  constructor(options: TransportOptions) {
    this.#http = new Transport(options);
    this.#once = new Transport({ ...options, tries: 1 });
  }

  create(document: KeptDocument, options: Cancellable = {}): Promise<StoredMappingBody> {
    return this.#once.read(StoredMappingBody, MAPPINGS, { method: 'POST', headers: JSON_BODY, body: JSON.stringify(document), ...options });
  }

  /** The document as the next version; `precondition_failed` when `version` is not the latest. */
  revise(id: string, version: number, document: KeptDocument, options: Cancellable = {}): Promise<StoredMappingBody> {
    const headers = { ...JSON_BODY, 'if-match': `"${version}"` };
    return this.#once.read(StoredMappingBody, mappingPaths(id).self, {
      method: 'PUT',
      headers,
      body: JSON.stringify(document),
      ...options,
    });
  }

  /** The version asked for, else the latest. */
  read(id: string, version?: number, options: Cancellable = {}): Promise<StoredMappingBody> {
    return this.#http.read(StoredMappingBody, mappingPaths(id).self, { query: { version }, ...options });
  }

  /** One page, newest first. */
  list(query: { readonly limit?: number; readonly cursor?: string } = {}, options: Cancellable = {}): Promise<MappingList> {
    return this.#http.read(MappingList, MAPPINGS, { query, ...options });
  }

  /** What a kept mapping makes of a small file. */
  test(id: string, request: MappingTestRequest, options: Cancellable = {}): Promise<MappingTestBody> {
    const body = JSON.stringify(request);
    return this.#http.read(MappingTestBody, mappingPaths(id).test, { method: 'POST', headers: JSON_BODY, body, ...options });
  }
}
