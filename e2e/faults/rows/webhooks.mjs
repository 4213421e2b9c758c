import http from 'node:http';
import https from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { oneOf } from '../random.mjs';

/** A delivery that nobody has written the outcome of is due again after its lease (twice the time for an answer, and 20 s). */
const AGAIN_MS = 45_000;
const WEBHOOKS = '/api/v1/webhooks';
/** What a gateway lets users name in URLs while a row is about webhooks. */
export const WITH_RECEIVER = { ATTUNE_EGRESS_ALLOW: '127.0.0.1' };

/** Somebody who is told of jobs; `answer(request, response)` is how it answers. */
export class Receiver {
  /** How often each message came, by its id. */
  messages = new Map();

  static async started(answer = (_request, response) => response.writeHead(204).end(), server = http) {
    const receiver = new Receiver();
    receiver.server = server.createServer((request, response) => {
      request.resume().on('end', () => {
        const id = request.headers['webhook-id'];
        receiver.messages.set(id, (receiver.messages.get(id) ?? 0) + 1);
        answer(request, response);
      });
    });
    await new Promise((resolve) => receiver.server.listen(0, '127.0.0.1', resolve));
    receiver.url = `${server === https ? 'https' : 'http'}://127.0.0.1:${receiver.server.address().port}/hook`;
    return receiver;
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** Does the work while the first tenant has a webhook at the receiver. */
export async function told({ bed, load }, receiver, work) {
  const [{ headers }] = load.tenants;
  const made = await load.send(bed.deployment.url + WEBHOOKS, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ url: receiver.url }),
  });
  if (made.status !== 201) throw new Error(`a webhook was answered with ${made.status} ${made.body?.code ?? ''}`);
  const id = made.body.webhook_id;
  try {
    return await work(id.slice('wh_'.length));
  } finally {
    await load.send(`${bed.deployment.url}${WEBHOOKS}/${id}`, { method: 'DELETE', headers });
  }
}

/** I15: every row of the webhook's has arrived, and nothing that no row speaks of. */
export async function everythingArrived({ bed, bound, expect, note }, endpointId, receiver) {
  const open = () => bed.rows(`SELECT id FROM attune.webhook_deliveries WHERE endpoint_id = $1 AND outcome = 'pending'`, [endpointId]);
  for (const deadline = Date.now() + bound(AGAIN_MS + 15_000); (await open()).length > 0 && Date.now() < deadline;) await pause(250);
  const rows = await bed.rows('SELECT id, outcome FROM attune.webhook_deliveries WHERE endpoint_id = $1', [endpointId]);
  const late = rows.filter(({ id, outcome }) => outcome !== 'delivered' || !receiver.messages.has(`msg_${id}`));
  expect(rows.length > 0, 'no job has ended while there was a webhook');
  expect(late.length === 0, `I15: ${late.length} of ${rows.length} messages have not arrived`);
  const known = new Set(rows.map(({ id }) => `msg_${id}`));
  const unknown = [...receiver.messages.keys()].filter((id) => !known.has(id));
  expect(unknown.length === 0, `I15: ${unknown.length} messages came that no row speaks of`);
  note('messages', rows.length);
  note('came more than once', [...receiver.messages.values()].filter((times) => times > 1).length);
}

export const webhooks = [
  {
    id: 'F64',
    fault: 'webhook targets that answer 500, hang, redirect into the network, have a bad certificate, or are gone',
    environment: WITH_RECEIVER,
    async run(at) {
      const { bed, load, expect, bound } = at;
      const bad = {
        errors: await Receiver.started((_request, response) => response.writeHead(500).end()),
        hangs: await Receiver.started(() => undefined),
        redirects: await Receiver.started((_request, response) =>
          response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end(),
        ),
        // It speaks TLS without a certificate that anybody knows.
        certificate: await Receiver.started(undefined, https),
        gone: await Receiver.started((_request, response) => response.writeHead(410).end()),
      };
      const good = await Receiver.started();
      const all = [...Object.values(bad), good];
      const within = (receivers, work, ids = []) =>
        receivers.length === 0 ? work(ids) : told(at, receivers[0], (id) => within(receivers.slice(1), work, [...ids, id]));
      try {
        await within(all, async (ids) => {
          const jobs = await Promise.all(Array.from({ length: 3 }, () => load.submit(load.tenants[0])));
          for (const { id } of jobs) await load.ended(id);
          await everythingArrived(at, ids.at(-1), good);
          const outcomes = async (name) =>
            bed.rows('SELECT outcome, tries, last_status, last_error FROM attune.webhook_deliveries WHERE endpoint_id = $1', [
              ids[Object.keys(bad).indexOf(name)],
            ]);
          const wanted = {
            errors: ({ last_status: status }) => status === 500,
            hangs: ({ last_error: error }) => error === 'no_answer',
            redirects: ({ last_error: error, last_status: status }) => error === 'address_refused' || status === 302,
            certificate: ({ last_error: error }) => error === 'no_answer',
            gone: ({ outcome, last_status: status }) => outcome === 'failed' || status === 410,
          };
          for (const [name, fits] of Object.entries(wanted)) {
            let rows = [];
            for (const deadline = Date.now() + bound(30_000); Date.now() < deadline && !rows.some(fits); await pause(250))
              rows = await outcomes(name);
            expect(rows.some(fits), `${name}: ${JSON.stringify(rows[0] ?? 'no delivery')}`);
            expect(!rows.some(({ outcome }) => outcome === 'delivered'), `${name}: a message counts as delivered`);
          }
          const [{ disabled_reason: reason }] = await bed.rows('SELECT disabled_reason FROM attune.webhooks WHERE id = $1', [ids[4]]);
          expect(reason === 'gone', `a webhook that is gone is ${reason ?? 'still asked'}`);
        });
      } finally {
        for (const receiver of all) receiver.close();
      }
    },
  },
];

/** A webhook while the work lasts, and jobs of its tenant that end meanwhile. */
export async function whileTold(at, work) {
  const receiver = await Receiver.started();
  try {
    await told(at, receiver, async (id) => {
      const submitting = (async () => {
        for (let i = 0; i < 4; i++) await at.load.submit(at.load.tenants[0]);
        await at.load.submit(oneOf(at.random, at.load.tenants));
      })();
      await work();
      await submitting;
      for (const job of [...at.load.accepted.values()]) await at.load.ended(job.id);
      await everythingArrived(at, id, receiver);
    });
  } finally {
    receiver.close();
  }
}
