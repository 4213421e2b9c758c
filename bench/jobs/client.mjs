import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const HEADER = 'member_id,first_name,last_name,dob,gender,phone,zip';

/** What the measures ask of a running Attune. */
export class Client {
  /** `deployment` of e2e/faults; its address does not change while a measure runs. */
  constructor(deployment) {
    this.deployment = deployment;
    this.url = deployment.url;
    this.urls = deployment.urls;
    this.headers = { ...deployment.headers, 'Content-Type': 'application/json' };
  }

  /** Uploads ten invented records once; answers the reference under which jobs name them. */
  async tinyInput(dir) {
    const file = path.join(dir, 'tiny.csv');
    const rows = Array.from({ length: 10 }, (_, i) => `M${i},Ada,Lovelace${i},1980-01-${10 + i},F,617-555-01${10 + i},0213${i}`);
    fs.writeFileSync(file, [HEADER, ...rows, ''].join('\n'));
    const id = await this.deployment.submit(file, { options: JSON.stringify({ output_formats: ['csv'] }) });
    const { input } = await this.deployment.job(id);
    return { sha256: input.sha256 };
  }

  /** The body of a job over bytes that are there. */
  body(input) {
    return JSON.stringify({ input, options: { output_formats: ['csv'] } });
  }

  post(input, headers = {}) {
    return { path: '/api/v1/jobs', method: 'POST', headers: { ...this.headers, ...headers }, body: this.body(input) };
  }

  get(path, headers = {}) {
    return { path, method: 'GET', headers: { ...this.headers, ...headers } };
  }

  async json(path, init = {}) {
    const answer = await fetch(this.url + path, { headers: this.headers, ...init });
    const body = answer.status === 204 ? {} : await answer.json();
    if (answer.status >= 400) throw new Error(`${init.method ?? 'GET'} ${path} answered ${answer.status} ${body.code}`);
    return body;
  }

  /** Waits until so many jobs of the database have ended. */
  async completed(count, withinMs = 600_000) {
    const database = await this.deployment.database();
    try {
      for (const deadline = Date.now() + withinMs; ; await pause(100)) {
        const { rows } = await database.query(`SELECT count(*)::int AS n FROM attune.jobs WHERE completed_at IS NOT NULL`);
        if (rows[0].n >= count) return;
        if (Date.now() > deadline) throw new Error(`${rows[0].n} of ${count} jobs have ended in time`);
      }
    } finally {
      await database.end();
    }
  }

  /** Rows of a question to the database, past Attune. */
  async rows(question, parameters = []) {
    const database = await this.deployment.database();
    try {
      return (await database.query(question, parameters)).rows;
    } finally {
      await database.end();
    }
  }
}
