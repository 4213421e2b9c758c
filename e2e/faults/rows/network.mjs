import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { oneOf } from '../random.mjs';
import { progress } from './signs.mjs';

const FAKETIME = ['/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1', '/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1'];
const faketime = FAKETIME.find((file) => fs.existsSync(file));

/** What the clock of one worker shows; the last one goes back by an hour while it runs. */
const CLOCKS = ['+120s', '-120s', '+1y', 'backwards'];

export const network = [
  {
    id: 'F54',
    fault: 'a way is cut: worker to Postgres, worker to the queue, gateway to worker, either direction',
    flow: true,
    async run(at) {
      const { bed, random, span } = at;
      const ways = [/^harmonizer-0>postgres$/, ...(bed.redis ? [/^harmonizer-0>queue$/] : []), /^gateway>harmonizer-0$/];
      for (const way of ways) {
        bed.turn(way, { kind: 'dead', towards: oneOf(random, ['server', 'client']) });
        await pause(span('a way is cut') / ways.length);
        bed.turn(way, { kind: 'clear' });
        await progress(at, 20_000, `after ${way.source} was cut`);
      }
    },
  },
  {
    id: 'F55',
    fault: 'every way takes 300 ms, give or take 100 (no loss: TCP hides it from a proxy)',
    flow: true,
    async run(at) {
      at.bed.turn(/./, { kind: 'slow', delayMs: 300, jitterMs: 100 });
      await pause(at.span('all ways are slow'));
      await progress(at, 20_000, 'while the ways are slow');
    },
  },
  {
    id: 'F56',
    fault: 'the clock of one worker shows +120 s, -120 s, +1 y, or goes backwards',
    flow: true,
    needs: () => (faketime ? undefined : 'libfaketime is not installed (apt-get install libfaketime)'),
    async run(at) {
      const { bed, span } = at;
      const worker = bed.process('harmonizer-0');
      const shows = path.join(bed.directory, 'clock');
      for (const clock of CLOCKS) {
        fs.writeFileSync(shows, clock === 'backwards' ? '+3600s' : clock);
        await bed.without(worker, async () => {
          await worker.stop();
          await worker.start({
            LD_PRELOAD: faketime,
            FAKETIME_TIMESTAMP_FILE: shows,
            FAKETIME_NO_CACHE: '1',
            FAKETIME_DONT_FAKE_MONOTONIC: '1',
          });
        });
        await pause(span('a clock is wrong') / CLOCKS.length);
        if (clock === 'backwards') fs.writeFileSync(shows, '+0s');
        await progress(at, 10_000, `with a clock at ${clock}`);
      }
      await bed.without(worker, async () => {
        await worker.stop();
        await worker.start({});
      });
    },
  },
  { id: 'F65', fault: 'KMS down or key revoked', missing: 'there is no KMS yet' },
];
