import { AppError } from '@attune/core';

/** Objects by key, with everything an object store may do short of losing what it has acknowledged. */
export class ObjectStore {
  /** Rises with every change. */
  changes = 0;
  readonly #objects = new Map<string, string>();

  constructor(private readonly fails: () => boolean) {}

  /** The answer may be lost although the object is there. */
  put(key: string, content: string): void {
    const lost = this.fails();
    if (lost && this.fails()) throw unavailable();
    this.#objects.set(key, content);
    this.changes++;
    if (lost) throw unavailable();
  }

  get(key: string): string {
    if (this.fails()) throw unavailable();
    const content = this.#objects.get(key);
    if (content === undefined) throw new AppError('artifact_corrupt', 'there is no such object');
    return content;
  }

  remove(key: string): void {
    if (this.fails()) throw unavailable();
    this.#objects.delete(key);
    this.changes++;
  }

  /** What is there, whatever the weather: for who checks, not for who works. */
  seen(key: string): string | undefined {
    return this.#objects.get(key);
  }
}

const unavailable = (): AppError => new AppError('dependency_unavailable', 'the object store does not answer');
