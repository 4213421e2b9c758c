import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/** What the watchers of one job saw first of each event; every other watcher has to see the very same text. */
export type Seen = Map<number, string>;

/**
 * A client of an event stream as the HTML standard has it (section 9.2): it resumes behind the last id that it received, at
 * whatever address answers, until it is answered 204, which tells it that nothing comes after.
 */
export class Watcher {
  /** Events that came in order. */
  received = 0;
  /** Streams that were opened, or tried. */
  streams = 0;
  readonly faults: string[] = [];
  #last = 0;

  constructor(
    private readonly addresses: readonly string[],
    private readonly path: string,
    private readonly headers: Readonly<Record<string, string>>,
    private readonly seen: Seen,
    private readonly first: number,
  ) {}

  async watch(): Promise<void> {
    while ((await this.#stream(this.addresses[(this.first + this.streams++) % this.addresses.length]!)) !== 204) {
      await pause(50 + Math.random() * 200); // a second apart in a browser; all at once they would be a flood
    }
  }

  /** Reads one stream to its end and answers its status; 0 when there was no answer. */
  #stream(address: string): Promise<number> {
    return new Promise((resolve) => {
      const resume: Record<string, string> = this.#last === 0 ? {} : { 'Last-Event-ID': String(this.#last) };
      const request = http.get(address + this.path, { agent: false, headers: { ...this.headers, ...resume } }, (answer) => {
        const status = answer.statusCode!;
        let rest = '';
        answer.setEncoding('utf8');
        answer.on('data', (text: string) => {
          if (status !== 200) return;
          const blocks = (rest + text).split('\n\n');
          rest = blocks.pop()!;
          for (const block of blocks) this.#take(block);
        });
        if (status !== 200 && status !== 204 && status !== 503) this.faults.push(`answered ${status}`);
        answer.once('error', () => resolve(status));
        answer.once('close', () => resolve(status));
      });
      request.once('error', () => resolve(0)); // nobody is there at the moment
    });
  }

  #take(block: string): void {
    const id = Number(/^id: (\d+)$/m.exec(block)?.[1]);
    if (Number.isNaN(id)) return;
    if (id !== this.#last + 1) this.faults.push(`${id} came after ${this.#last}`);
    this.#last = id;
    this.received++;
    const known = this.seen.get(id);
    if (known === undefined) this.seen.set(id, block);
    else if (known !== block) this.faults.push(`${id} is not the same for everybody`);
  }
}
