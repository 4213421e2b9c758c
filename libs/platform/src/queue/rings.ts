import { AppError, type StageName, type WorkerService } from '@attune/core';
import type { Queue } from 'bullmq';
import { failpoint } from '../failpoints/failpoint.js';
import { correlation } from '../telemetry/correlation.js';

/** A doorbell's label: ids only, so that queues and traces read naturally. */
export interface Ticket {
  readonly job_id?: string;
  readonly stage?: StageName;
  /** Of the request that rings, or made the job. */
  readonly request_id?: string;
}

export type OnFailed = (what: string, error: unknown) => void;

export const OUTSTANDING = 64;
/** A client of Redis waits for a lost connection for ever; nobody waits for a ring that long. */
const PATIENCE_MS = 1_000;

/**
 * Rings the services' doorbells. A ring that is lost costs one tick, so no failure here is ever an error of the caller. Where a worker of this
 * very process is free it is told directly: a ring is one look for work, and whoever looks finds the next stage in fair order.
 */
export class Rings {
  #healthy = true;
  readonly #near = new Map<WorkerService, () => boolean>();
  /** Queues that owe an answer: they are not asked again meanwhile. */
  readonly #silent = new Set<Queue>();
  readonly #underWay = new Map<Queue, Promise<void>>();
  readonly #gathered = new Map<Queue, { readonly tickets: Ticket[]; readonly sent: Promise<void> }>();
  /** RFC 3339 time since when the queue has been as `healthy` says. */
  since = new Date().toISOString();

  constructor(
    private readonly queues: ReadonlyMap<WorkerService, Queue>,
    private readonly onFailed: OnFailed,
  ) {}

  get healthy(): boolean {
    return this.#healthy;
  }

  /** A worker of this process; `look` has it look for work now and answers true, or false when it is busy. */
  nearby(service: WorkerService, look: () => boolean): void {
    this.#near.set(service, look);
  }

  async ring(services: Iterable<WorkerService>, ticket: Ticket = {}): Promise<void> {
    for (const service of new Set(services)) {
      if (this.#near.get(service)?.() === true) continue;
      const queue = this.queues.get(service);
      if (queue) await this.#send(queue, ticketOf(ticket));
    }
  }

  /** Rings that come while others are under way are sent together afterwards: not with those, which may be taken too early to find their work. */
  #send(queue: Queue, ticket: Ticket): Promise<void> {
    const gathered = this.#gathered.get(queue);
    if (gathered) {
      gathered.tickets.push(ticket);
      return gathered.sent;
    }
    const tickets = [ticket];
    const sent = (this.#underWay.get(queue) ?? Promise.resolve()).then(() => {
      this.#gathered.delete(queue);
      const done = this.#add(queue, tickets);
      this.#underWay.set(queue, done);
      return done;
    });
    this.#gathered.set(queue, { tickets, sent });
    return sent;
  }

  async #add(queue: Queue, tickets: readonly Ticket[]): Promise<void> {
    try {
      await this.#ask(queue, async () => {
        await failpoint('ring.after_commit_before_add');
        // Rings are alike: more of them wake nobody.
        const room = OUTSTANDING - (await queue.getWaitingCount());
        const rings = tickets.slice(0, Math.max(0, room)).map((data) => ({ name: 'ring', data }));
        // On Postgres the call for many makes two tables each time: eight milliseconds for what takes one otherwise.
        if (rings.length === 1) await queue.add('ring', rings[0]!.data);
        else if (rings.length > 1) await queue.addBulk(rings);
      });
      this.#note(true);
    } catch (error) {
      this.#note(false);
      this.onFailed('queue', error);
    }
  }

  /** Rings of the service that nobody has taken yet. @throws when the queue does not answer in a second. */
  async waiting(service: WorkerService): Promise<number> {
    const queue = this.queues.get(service);
    if (!queue) return 0;
    return this.#ask(queue, () => queue.getWaitingCount());
  }

  /** Asks the queue for a sign of life. */
  async probe(): Promise<void> {
    try {
      for (const queue of this.queues.values()) await this.#ask(queue, () => queue.getWaitingCount());
      this.#note(true);
    } catch (error) {
      this.#note(false);
      this.onFailed('queue', error);
    }
  }

  async #ask<Answer>(queue: Queue, question: () => Promise<Answer>): Promise<Answer> {
    const late = (): AppError => new AppError('dependency_unavailable', 'the queue does not answer');
    if (this.#silent.has(queue)) throw late();
    const answer = question();
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#silent.add(queue);
        answer.catch(() => undefined).finally(() => this.#silent.delete(queue));
        reject(late());
      }, PATIENCE_MS);
    });
    return Promise.race([answer, patience]).finally(() => clearTimeout(timer));
  }

  #note(healthy: boolean): void {
    if (healthy !== this.#healthy) this.since = new Date().toISOString();
    this.#healthy = healthy;
  }
}

function ticketOf(ticket: Ticket): Ticket {
  const { request_id } = correlation();
  return { ...(request_id === undefined ? {} : { request_id }), ...ticket };
}
