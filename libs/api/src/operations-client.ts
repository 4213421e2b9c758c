import { COLLECTION_PATH, CollectionBody } from './gc.api.js';
import { Transport, type TransportOptions } from './transport.js';

const JSON_BODY = { 'content-type': 'application/json' };

/** What those who look after the installation ask for. Every call throws ApiProblem, Unreachable or UnexpectedAnswer. */
export class OperationsClient {
  readonly #http: Transport;

  constructor(options: TransportOptions) {
    this.#http = new Transport(options);
  }

  /** One pass of the garbage collector; `forbidden` for a key that may not operate. */
  collectGarbage({ dryRun, signal }: { readonly dryRun: boolean; readonly signal?: AbortSignal }): Promise<CollectionBody> {
    const body = JSON.stringify({ dry_run: dryRun });
    return this.#http.read(CollectionBody, COLLECTION_PATH, { method: 'POST', headers: JSON_BODY, body, signal });
  }
}
