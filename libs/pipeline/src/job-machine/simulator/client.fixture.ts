import { TERMINAL } from '../state.js';
import type { Asked } from './database.fixture.js';
import type { Actor } from './scheduler.fixture.js';
import { quiet, type World } from './worker.fixture.js';

/** What this client has been told: its job, once its request was answered. */
export interface Client {
  job: number | undefined;
}

/** Submits until it is told of its job; then looks at it now and then, and cancels it, answers its review, sends mended records or has it go on. */
export function* client(world: World, key: string, told: Client): Actor {
  const { dice, database, store } = world;
  const asked = askedBy(world);
  const cancelAfter = dice.happens(0.2) ? dice.between(0, 8) : Infinity;
  let returns = dice.happens(0.6) ? dice.between(1, 4) : 0;
  while (told.job === undefined) {
    yield dice.between(1, 2_000);
    told.job = quiet(() => database.submit(key, asked));
  }
  const id = told.job;
  for (let looks = 0; ; looks++) {
    yield dice.between(1, dice.pick([20, 3_000, 20_000]));
    const job = quiet(() => database.read(id));
    if (job === undefined) continue;
    const { status, generation } = job.state;
    if (looks === cancelAfter) quiet(() => database.cancel(id));
    else if (status === 'awaiting_review') quiet(() => database.answer(id, dice.between(0, 3)));
    else if (TERMINAL.has(status) && returns > 0) {
      returns--;
      if (dice.happens(0.5)) quiet(() => database.resubmit(id, generation, dice.between(1, 3)));
      else
        for (const key of quiet(() => database.redrive(id, dice.happens(0.5) ? undefined : dice.pick(job.state.stages).name)) ?? [])
          quiet(() => store.remove(key));
    } else if (TERMINAL.has(status) && returns === 0) return;
  }
}

function askedBy({ dice, scheduler }: World): Asked {
  const bad = dice.between(0, 8);
  return {
    operation: dice.happens(0.75) ? 'harmonize' : 'validate',
    deadlineAt: dice.happens(0.15) ? scheduler.now + dice.between(1, 120_000) : null,
    records: 20,
    bad,
    badLimit: dice.between(0, 10),
    unsure: dice.happens(0.3),
    pieces: dice.happens(0.4) ? dice.between(2, 5) : 0,
  };
}
