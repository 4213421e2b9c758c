import type { Server } from 'node:http';

const LOOK_MS = 50;

/** Ends a server that takes no connection more: who is being answered gets the answer, unless that takes longer than `patienceMs`. */
export async function closeServer(server: Server, patienceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection that is kept for the next request counts as open until somebody ends it.
  const looking = setInterval(() => server.closeIdleConnections(), LOOK_MS);
  const cutting = setTimeout(() => server.closeAllConnections(), patienceMs);
  await closed;
  clearInterval(looking);
  clearTimeout(cutting);
}
