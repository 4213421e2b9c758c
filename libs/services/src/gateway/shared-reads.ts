interface UnderWay<T> {
  readonly answer: Promise<T>;
  /** Of those who came meanwhile. */
  next?: Promise<T>;
}

/**
 * The same question of many at a time is asked once for all who came before it was asked: who comes while it is under way shares the next one.
 * So no answer is older than its question, however many ask, and one who asks alone does not wait.
 */
export class SharedReads<T> {
  readonly #underWay = new Map<string, UnderWay<T>>();

  /** `ask` is the same for the same name. */
  get(name: string, ask: () => Promise<T>): Promise<T> {
    const current = this.#underWay.get(name);
    if (current === undefined) return this.#begin(name, ask);
    const begin = (): Promise<T> => this.#begin(name, ask);
    return (current.next ??= current.answer.then(begin, begin));
  }

  #begin(name: string, ask: () => Promise<T>): Promise<T> {
    const begun: UnderWay<T> = { answer: ask() };
    this.#underWay.set(name, begun);
    const end = (): void => {
      // Otherwise the next question takes its place in this very turn.
      if (begun.next === undefined) this.#underWay.delete(name);
    };
    begun.answer.then(end, end);
    return begun.answer;
  }
}
