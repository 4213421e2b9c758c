import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { TcpProxy } from '@attune/testing';
import { Queue } from 'bullmq';
import { every, p95, timed } from './signs.mjs';

const SERVICES = ['validator', 'harmonizer', 'generator'];
const CORRUPT_TENANT = 'corrupt';

export const clients = [
  {
    id: 'F57',
    fault: 'every ticket three times, late and out of order',
    backends: ['redis'],
    flow: true,
    async run(at) {
      const { bed, span, random } = at;
      const connection = { url: bed.redis.url, maxRetriesPerRequest: null };
      const queues = SERVICES.map((service) => new Queue(`attune-${service}`, { connection }));
      const late = span('tickets are late');
      try {
        for (const queue of queues) await queue.pause();
        await every(100, late, () =>
          Promise.all(queues.flatMap((queue) => [1, 2, 3].map(() => queue.add('ring', {}, { delay: Math.round(random() * late) })))),
        );
        for (const queue of queues) await queue.resume();
        await pause(late / 2);
      } finally {
        await Promise.all(queues.map((queue) => queue.close()));
      }
    },
  },
  {
    id: 'F58',
    fault: 'a POST is repeated after its 202 was lost; 50 at once under one key',
    async run({ bed, load, expect }) {
      const [tenant] = load.tenants;
      const lossy = await TcpProxy.to({ port: Number(new URL(bed.deployment.gateway(0).url).port) });
      try {
        lossy.turn({ kind: 'cut', afterBytes: 0 });
        const key = randomUUID();
        const lost = await load.post(tenant, key, lossy.through(bed.deployment.gateway(0).url).replace(/\/$/, ''));
        expect(lost.status === 0, `an answer that was to be lost came with ${lost.status}`);
        await load.submit(tenant, key);
        const rows = await bed.rows('SELECT job_id FROM attune.idempotency_keys WHERE key = $1', [key]);
        expect(rows.length === 1, 'the key is not kept once');
      } finally {
        await lossy.close();
      }
      const key = randomUUID();
      const answers = await Promise.all(Array.from({ length: 50 }, () => load.post(tenant, key)));
      const first = answers.filter(({ status, headers }) => status === 202 && headers.get('idempotent-replayed') === null);
      const ids = new Set(answers.filter(({ status }) => status === 202).map(({ body }) => body.job_id));
      const other = answers.filter(({ status }) => status !== 202 && status !== 409).map(({ status }) => status);
      expect(first.length === 1, `${first.length} of 50 requests under one key were the first`);
      expect(ids.size === 1, `one key was answered with ${ids.size} jobs`);
      expect(other.length === 0, `requests under one key were answered ${other.join(', ')}`);
      await load.submit(tenant, key);
    },
  },
  {
    id: 'F59',
    fault: 'an upload breaks off at 0, 50 and 99 %',
    async run({ bed, load, expect, bound }) {
      for (const share of [0, 0.5, 0.99]) await brokenOff(bed, load.tenants[0], share);
      await load.ended((await load.submit(load.tenants[0])).id);
      const incoming = path.join(bed.deployment.dataDir, 'blobs/.incoming');
      const left = () => (fs.existsSync(incoming) ? fs.readdirSync(incoming).filter((name) => !name.startsWith('probe-')) : []);
      for (const deadline = Date.now() + bound(10_000); left().length > 0 && Date.now() < deadline;) await pause(100);
      expect(left().length === 0, `${left().length} pieces of uploads that broke off are left`);
    },
  },
  {
    id: 'F60',
    fault: 'hundreds of uploads at 1 byte/s and of readers who do not read',
    async run(at) {
      const { bed, load, span, scale, note, expect, bound } = at;
      const url = bed.deployment.gateway(0).url;
      const count = Math.max(50, Math.round(500 * Math.min(1, scale * 4)));
      const job = await load.submit();
      await load.ended(job.id);
      const slow = Array.from({ length: count }, (_, i) => (i % 2 === 0 ? slowUpload(url, job.tenant) : slowReader(url, job)));
      const waits = [];
      await every(100, span('slow clients'), async () => {
        waits.push(await timed(() => load.send(`${url}/api/v1/jobs/${job.id}`, { headers: job.tenant.headers })));
      });
      await load.ended((await load.submit()).id);
      for (const socket of slow) socket.destroy();
      note('others p95 ms', p95(waits));
      expect(p95(waits) <= bound(200), `others wait ${p95(waits)} ms (p95)`);
    },
  },
  {
    id: 'F61',
    fault: 'corrupt input: cut gzip and zip, bad UTF-8, NULs, BOM, mixed ends of lines, a line of 10 MB',
    mayFail: () => true,
    async run({ bed, load, expect }) {
      const ends = bed.ends.length;
      const key = bed.deployment.attune('keys', 'create', '--tenant', CORRUPT_TENANT);
      for (const [name, bytes] of Object.entries(corrupt(fs.readFileSync(load.tenants[0].file)))) {
        const file = path.join(bed.directory, name);
        fs.writeFileSync(file, bytes);
        const tenant = { name: CORRUPT_TENANT, file, formats: ['csv'], headers: { Authorization: `Bearer ${key}` } };
        const { status, body } = await load.post(tenant, randomUUID());
        expect(status === 202 || (status >= 400 && status < 500), `${name} was answered ${status}`);
        if (status !== 202) continue;
        await load.ended(body.job_id);
        const [job] = await bed.rows('SELECT status, error FROM attune.jobs WHERE id = $1', [body.job_id.slice(4)]);
        const crash = ['internal', 'engine.failed', 'poison_input', 'attempts_exhausted'].includes(job.error?.code);
        expect(!crash, `${name} ended ${job.status} with ${job.error?.code}`);
      }
      expect(bed.ends.length === ends, 'a process of ours has ended');
    },
  },
];

/** A request that ends after a share of its body. */
function brokenOff(bed, tenant, share) {
  const bytes = fs.readFileSync(tenant.file);
  const boundary = 'faults';
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="f.csv"\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return new Promise((resolve) => {
    const headers = { ...tenant.headers, 'Content-Type': `multipart/form-data; boundary=${boundary}`, 'Content-Length': body.length };
    const request = http.request(`${bed.deployment.url}/api/v1/jobs`, { method: 'POST', headers });
    request.on('error', () => undefined).once('close', resolve);
    request.write(body.subarray(0, Math.max(1, Math.floor(body.length * share))), () => request.destroy());
  });
}

function slowUpload(url, tenant) {
  const { hostname, port } = new URL(url);
  const socket = net.connect(Number(port), hostname);
  const header = Object.entries({
    Host: 'h',
    ...tenant.headers,
    'Content-Type': 'multipart/form-data; boundary=b',
    'Content-Length': 1_000_000,
  });
  socket.on('error', () => undefined);
  socket.write(`POST /api/v1/jobs HTTP/1.1\r\n${header.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
  const drip = setInterval(() => socket.write('-'), 1_000);
  socket.once('close', () => clearInterval(drip));
  return socket;
}

function slowReader(url, { id, tenant }) {
  const { hostname, port } = new URL(url);
  const socket = net.connect(Number(port), hostname).pause();
  socket.on('error', () => undefined);
  socket.write(
    `GET /api/v1/jobs/${id}/events HTTP/1.1\r\nHost: h\r\nAuthorization: ${tenant.headers.Authorization}\r\nAccept: text/event-stream\r\n\r\n`,
  );
  return socket;
}

function corrupt(csv) {
  const zipped = gzipSync(csv);
  const lines = csv.toString('latin1').split('\n');
  return {
    'cut.csv.gz': zipped.subarray(0, zipped.length / 2),
    'cut.zip': Buffer.concat([Buffer.from('PK\x03\x04'), zipped.subarray(0, 500)]),
    'cut.parquet': Buffer.concat([Buffer.from('PAR1'), zipped.subarray(0, 500)]),
    'cut.xlsx': Buffer.concat([Buffer.from('PK\x03\x04\x14\0\x06\0'), zipped.subarray(0, 500)]),
    'utf8.csv': Buffer.from(lines.map((line, i) => (i % 7 === 3 ? line.replace(/,/, ',\xff\xfe') : line)).join('\n'), 'latin1'),
    'nul.csv': Buffer.from(lines.map((line, i) => (i % 7 === 3 ? line.replace(/,/, ',\0') : line)).join('\n'), 'latin1'),
    'bom.csv': Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), csv]),
    'ends.csv': Buffer.from(lines.map((line, i) => line + ['\r\n', '\n', '\r'][i % 3]).join(''), 'latin1'),
    'long.csv': Buffer.concat([csv, Buffer.from(`x,${'y'.repeat(10_000_000)}\n`)]),
    'empty-lines.csv': Buffer.from('\n'.repeat(1_000)),
  };
}
