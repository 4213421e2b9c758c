import type pg from 'pg';

/** Ends a session without a word to its other end, which may be gone: what waits for an answer fails at once. */
export function abandon(client: pg.ClientBase): void {
  // Not in the types, though in every release: the one way to a socket that never waits.
  (client as unknown as { readonly connection: { readonly stream: { destroy(): void } } }).connection.stream.destroy();
}
