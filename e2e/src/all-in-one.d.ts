declare module '*/faults/all-in-one.mjs' {
  import type { Client } from 'pg';

  export class AllInOne {
    constructor(dataDir: string, port: number, environment?: Readonly<Record<string, string>>);
    readonly dataDir: string;
    readonly url: string;
    readonly pid: number;
    readonly headers: Readonly<Record<string, string>>;
    start(): Promise<void>;
    kill(): Promise<void>;
    stop(): Promise<number | null>;
    database(): Promise<Client>;
  }

  export function freePort(): Promise<number>;
}
