import { AppError, type Operation, type StageName, type WorkerService } from '@attune/core';
import { createJob, type decide } from '../decide.js';
import { type Effect, type JobEvent, type StageError, TERMINAL } from '../state.js';
import { type ArtifactRow, badAfter, flawless, isHeld, type JobFacts, latest, type Ledger, renewed } from './job-facts.fixture.js';
import { must, Witness } from './witness.fixture.js';

export interface Claimed {
  readonly job: number;
  readonly stage: StageName;
  readonly shard: number;
  readonly epoch: number;
  readonly generation: number;
}

export interface Left {
  readonly content: string;
  readonly key: string;
  readonly ledger?: Ledger;
}

/** What the database does with a transaction: it happens and is told, nothing of it happens, or it happens and nobody hears of it. */
export type Luck = () => 'told' | 'aborted' | 'unheard';

export interface Asked {
  readonly operation: Operation;
  readonly deadlineAt: number | null;
  readonly records: number;
  readonly bad: number;
  readonly badLimit: number;
  readonly unsure: boolean;
  /** Pieces that the plan cuts the input into; 0 where it is not worth it. */
  readonly pieces: number;
}

/** The repositories over rows in memory: the pure machine decides, every transaction happens wholly or not at all, and a witness looks on. */
export class SimulatedDatabase {
  readonly jobs: JobFacts[] = [];
  /** Rises with every change of what is committed. */
  changes = 0;
  readonly #witnesses: Witness[] = [];
  readonly #keys = new Map<string, number>();

  constructor(
    private readonly machine: typeof decide,
    private readonly clock: { readonly now: number },
    private readonly luck: Luck,
    private readonly ring: (service: WorkerService) => void,
    /** What the object store holds under a key. */
    private readonly stored: (key: string) => string | undefined,
  ) {}

  submit(key: string, asked: Asked): number {
    return this.#transaction(() => {
      const known = this.#keys.get(key);
      if (known !== undefined) return { result: known, effects: [] };
      const { state, effects } = createJob(asked.operation, asked.deadlineAt, this.clock.now);
      const id = this.jobs.length;
      const job: JobFacts = { id, ...asked, state, mapping: null, mended: new Map(), artifacts: [], ledgers: [], history: [] };
      this.jobs.push(job);
      this.#witnesses.push(new Witness());
      this.#keys.set(key, id);
      this.#witnesses[id]!.saw(undefined, undefined, effects, job, this.clock.now);
      return { result: id, effects };
    });
  }

  read(id: number): JobFacts {
    return this.#transaction(() => ({ result: this.jobs[id]!, effects: [] }));
  }

  /** The first stage of the service that the machine gives away. */
  claim(service: WorkerService, worker: string): Claimed | undefined {
    return this.#transaction(() => {
      for (const job of this.jobs) {
        for (const { name: stage, shard, status, service: of } of job.state.stages) {
          if (of !== service || (status !== 'ready' && status !== 'running')) continue;
          const effects = this.#try(job, { type: 'claim', stage, shard, worker });
          const after = job.state.stages.find((one) => one.name === stage && one.shard === shard)!;
          if (effects === undefined) continue;
          if (after.status !== 'running') break;
          return { result: { job: job.id, stage, shard, epoch: after.epoch, generation: job.state.generation }, effects };
        }
      }
      return { result: undefined, effects: [] };
    });
  }

  /** @throws AppError stage.fenced */
  heartbeat(claim: Claimed, worker: string): { cancelRequested: boolean } {
    return this.#transaction(() => {
      const job = this.jobs[claim.job]!;
      const stage = job.state.stages.find(
        ({ name, shard, epoch }) => name === claim.stage && shard === claim.shard && epoch === claim.epoch,
      );
      if (stage?.status !== 'running' || stage.leaseOwner !== worker) throw new AppError('stage.fenced', 'the epoch is over');
      const beaten = renewed(stage, this.clock.now);
      job.state = { ...job.state, stages: job.state.stages.map((one) => (one === stage ? beaten : one)) };
      this.#witnesses[job.id]!.beat(beaten, beaten.leaseUntil!);
      return { result: { cancelRequested: job.state.cancelRequested }, effects: [] };
    });
  }

  /** The commit point. Answers the keys that are of no use any more. */
  commit(claim: Claimed, left: Left): readonly string[] {
    return this.#transaction(() => {
      const job = this.jobs[claim.job]!;
      const { stage, shard, epoch, generation } = claim;
      const tooBad = stage === 'transform' && badAfter(job, shard) > job.badLimit;
      const effects = this.#send(job, {
        ...{ type: 'commit', stage, shard, epoch },
        ...(tooBad ? { failure: { code: 'quarantine.limit', detail: 'too many' } } : {}),
        review: stage === 'plan' && job.unsure && job.mapping === null,
        ...(stage === 'plan' && job.pieces > 0 ? { shards: job.pieces } : {}),
      });
      if (job.state.status === 'cancelled') return { result: [], effects };
      const mine = (row: { generation: number; stage: string; shard: number }): boolean =>
        row.generation === generation && row.stage === stage && row.shard === shard;
      const replaced = job.artifacts.filter((row) => mine(row) && row.epoch < epoch);
      job.artifacts = job.artifacts.filter((row) => !replaced.includes(row));
      job.ledgers = job.ledgers.filter((row) => !mine(row));
      this.#leave(job, { generation, stage, shard, kind: stage, epoch, ...left });
      if (left.ledger) this.#account(job, claim, left.ledger);
      const superseded = job.state.keptGeneration === generation ? job.artifacts.filter((row) => this.#isSuperseded(job, row)) : [];
      job.artifacts = job.artifacts.filter((row) => !superseded.includes(row));
      return { result: [...replaced, ...superseded].map(({ key }) => key), effects };
    });
  }

  fail(claim: Claimed, error: StageError, jitter: number): void {
    const { job, stage, shard, epoch } = claim;
    this.#event(job, { type: 'fail', stage, shard, epoch, error, jitter });
  }

  park(claim: Claimed, error: StageError, jitter: number): void {
    const { job, stage, shard, epoch } = claim;
    this.#event(job, { type: 'park', stage, shard, epoch, error, jitter });
  }

  giveUp(claim: Claimed, type: 'release' | 'stop'): void {
    const { job, stage, shard, epoch } = claim;
    this.#event(job, { type, stage, shard, epoch });
  }

  cancel(id: number): void {
    this.#event(id, { type: 'cancel' });
  }

  answer(id: number, mapping: number): void {
    this.#transaction(() => {
      const job = this.jobs[id]!;
      const effects = this.#send(job, { type: 'answer' });
      job.mapping = mapping;
      return { result: undefined, effects };
    });
  }

  resubmit(id: number, generation: number, records: number): void {
    this.#transaction(() => {
      const job = this.jobs[id]!;
      if (job.state.generation !== generation) throw new AppError('conflict_state', 'the job was resubmitted meanwhile');
      const effects = this.#send(job, { type: 'resubmit', records });
      const kept = job.state.keptGeneration!;
      job.artifacts = job.artifacts.filter((row) => row.generation <= kept);
      job.ledgers = job.ledgers.filter((row) => row.generation <= kept);
      job.mended.set(job.state.generation - 1, records);
      return { result: undefined, effects };
    });
  }

  /** What the stages that are done again have left since the generation that is whole is forgotten. Answers the keys of their files. */
  redrive(id: number, fromStage: StageName | undefined): readonly string[] {
    return this.#transaction(() => {
      const job = this.jobs[id]!;
      const effects = this.#send(job, { type: 'redrive', ...(fromStage ? { fromStage } : {}) });
      const { stages, keptGeneration } = job.state;
      const again = (row: { stage: StageName; shard: number; generation: number }): boolean =>
        row.generation > (keptGeneration ?? 0) &&
        stages.some(({ name, shard, status }) => name === row.stage && shard === row.shard && status !== 'done');
      const forgotten = job.artifacts.filter(again);
      job.artifacts = job.artifacts.filter((row) => !again(row));
      job.ledgers = job.ledgers.filter((row) => !again(row));
      return { result: forgotten.map(({ key }) => key), effects };
    });
  }

  /** One pass of the reconciler: what time brings about, and rings for what is ready. */
  reconcile(): void {
    for (const { id, state } of [...this.jobs]) if (!TERMINAL.has(state.status)) this.#event(id, { type: 'tick' });
    for (const { state } of this.jobs) {
      must(TERMINAL.has(state.status) || state.deadlineAt === null || state.deadlineAt > this.clock.now, 'no job outlives its deadline');
      for (const stage of state.stages)
        if (stage.status === 'ready' || (stage.status === 'running' && !isHeld(stage, this.clock.now))) this.ring(stage.service);
    }
  }

  /** The committed rows and their objects, after every step. */
  check(): void {
    for (const { artifacts } of this.jobs)
      for (const { key, content, stage } of artifacts) must(this.stored(key) === content, `a committed ${stage} can be read whole (I8)`);
  }

  #leave(job: JobFacts, row: ArtifactRow & Left): void {
    const { generation, stage, shard, kind, epoch, key, content } = row;
    const twice = job.artifacts.some(
      (one) => one.generation === generation && one.stage === stage && one.shard === shard && one.kind === kind,
    );
    must(!twice, 'an artifact is committed once (I2)');
    must(content === flawless(job, stage, shard), `what ${stage} leaves is what it leaves where nothing goes wrong (I2)`);
    this.changes++;
    job.artifacts.push({ generation, stage, shard, kind, epoch, key, content });
  }

  #account(job: JobFacts, { generation, stage, shard }: Claimed, ledger: Ledger): void {
    must(ledger.in === ledger.out + ledger.quarantined, 'every record is accounted for (I3)');
    const source = stage === 'check' ? latest(job.ledgers, 'transform')?.ledger.out : job.records;
    must(ledger.in === source, 'a stage takes what the one before has left (I3)');
    job.ledgers.push({ generation, stage, shard, ledger });
  }

  /** A whole generation takes the place of those before; rows of earlier shards stay. */
  #isSuperseded(job: JobFacts, row: ArtifactRow): boolean {
    return (
      row.stage !== 'transform' &&
      row.stage !== 'decode' &&
      job.artifacts.some(({ stage, generation }) => stage === row.stage && generation > row.generation)
    );
  }

  #event(id: number, event: JobEvent): void {
    this.#transaction(() => ({ result: undefined, effects: this.#send(this.jobs[id]!, event) }));
  }

  #try(job: JobFacts, event: JobEvent): readonly Effect[] | undefined {
    try {
      return this.#send(job, event);
    } catch (error) {
      if (error instanceof AppError && error.code === 'conflict_state') return undefined;
      throw error;
    }
  }

  #send(job: JobFacts, event: JobEvent): readonly Effect[] {
    const before = job.state;
    const { state, effects } = this.machine(before, event, this.clock.now);
    job.state = state;
    this.#witnesses[job.id]!.saw(before, event, effects, job, this.clock.now);
    return effects;
  }

  /** Nothing is written before the last thing that may refuse: an abort comes first, an answer is lost last. */
  #transaction<T>(work: () => { result: T; effects: readonly Effect[] }): T {
    const luck = this.luck();
    if (luck === 'aborted') throw unavailable();
    const { result, effects } = work();
    for (const effect of effects) if (effect.type === 'ready' && luck === 'told') this.ring(effect.service);
    if (luck === 'unheard') throw unavailable();
    return result;
  }
}

const unavailable = (): AppError => new AppError('dependency_unavailable', 'the database does not answer');
