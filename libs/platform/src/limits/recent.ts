const NAMES = 10_000;

/** Answers that are asked for again only when they are older than `ms`; who asks meanwhile shares one question. */
export class Recent<T> {
  readonly #answers = new Map<string, { readonly answer: Promise<T>; readonly untilMs: number }>();

  constructor(
    private readonly ms: number,
    private readonly ask: (name: string) => Promise<T>,
  ) {}

  get(name: string): Promise<T> {
    const known = this.#answers.get(name);
    return known !== undefined && known.untilMs > performance.now() ? known.answer : this.anew(name);
  }

  /** What is known is asked for again. */
  clear(): void {
    this.#answers.clear();
  }

  /** Asks now, whatever is known. A question that fails, or finds nothing, is not remembered. */
  anew(name: string): Promise<T> {
    if (this.#answers.size >= NAMES) this.#answers.clear();
    const asked = { answer: this.ask(name), untilMs: performance.now() + this.ms };
    this.#answers.set(name, asked);
    const forget = (): void => {
      if (this.#answers.get(name) === asked) this.#answers.delete(name);
    };
    asked.answer.then((found) => {
      if (found === undefined) forget();
    }, forget);
    return asked.answer;
  }
}
