declare module '*/faults/all-in-one.mjs' {
  import { Deployment } from '*/faults/deployment.mjs';

  export class AllInOne extends Deployment {
    constructor(dataDir: string, port: number, environment?: Readonly<Record<string, string>>);
  }
}

declare module '*/faults/attached.mjs' {
  import { Deployment } from '*/faults/deployment.mjs';

  export class Attached extends Deployment {
    constructor(server: { readonly url: string; readonly dataDir: string; readonly key: string });
  }
}

declare module '*/faults/split.mjs' {
  import { Deployment } from '*/faults/deployment.mjs';

  export class Split extends Deployment {
    constructor(dataDir: string, environment?: Readonly<Record<string, string>>, copies?: number);
    gateway(number: number): { readonly process: import('*/faults/deployment.mjs').Process; readonly url: string; readonly grpc: string };
  }
}

declare module '*/faults/deployment.mjs' {
  import type { Client } from 'pg';

  export interface Process {
    readonly name: string;
    readonly pid: number;
    readonly log: string;
    readonly readyUrl: string;
    kill(): Promise<number | null>;
    /** Holds the process still, until it is released or killed. */
    hold(): void;
    release(): void;
    stop(): Promise<number | null>;
    start(): Promise<void>;
  }

  export abstract class Deployment {
    readonly dataDir: string;
    readonly url: string;
    readonly processes: readonly Process[];
    readonly headers: Readonly<Record<string, string>>;
    readonly databaseUrl: string;
    start(): Promise<void>;
    stop(): Promise<number | null>;
    database(): Promise<Client>;
    ended(id: string, withinMs?: number): Promise<{ readonly status: string }>;
  }

  export function freePort(): Promise<number>;
}

declare module '*/faults/content-hash.mjs' {
  export interface StoredContent {
    readonly kind: string;
    readonly sha256: string;
    readonly storage_key: string;
  }

  export function contentHash(dataDir: string, artifact: StoredContent): string;
}
