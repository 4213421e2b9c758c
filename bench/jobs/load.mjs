import { Pool } from 'undici';

/**
 * A closed loop: `connections` requests are under way at any time for `seconds`, each the next that `request(n)` tells.
 * Answers requests per second and percentiles of the time to the last byte of the answer, in ms; `refused` counts answers over 399.
 */
export async function load(url, { connections, seconds, request, total = Infinity }) {
  const pool = new Pool(url, { connections, pipelining: 1 });
  const times = [];
  let refused = 0;
  let next = 0;
  const began = performance.now();
  const until = began + seconds * 1000;
  const loop = async () => {
    while (performance.now() < until && next < total) {
      const call = request(next++);
      const sent = performance.now();
      const status = await ask(pool, call);
      times.push(performance.now() - sent);
      if (status > 399) refused++;
    }
  };
  await Promise.all(Array.from({ length: connections }, loop));
  const lasted = (performance.now() - began) / 1000;
  await pool.close();
  return { per_second: Math.round(times.length / lasted), requests: times.length, refused, ...percentiles(times) };
}

/** Below promises and streams of the client: what it costs is taken from what the same two cores have left for the server. */
function ask(pool, call) {
  return new Promise((resolve, reject) => {
    let status;
    pool.dispatch(call, {
      onConnect() {},
      onHeaders(code) {
        status = code;
        return true;
      },
      onData: () => true,
      onComplete: () => resolve(status),
      onError: reject,
    });
  });
}

/** p50, p95, p99 and the largest, with two digits. */
export function percentiles(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (share) => Number((sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0).toFixed(2));
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
