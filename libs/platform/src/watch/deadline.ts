/**
 * A signal that is aborted when time is over, or with another one before that; to be closed when nobody waits any more. Node may collect
 * `AbortSignal.any` of an `AbortSignal.timeout` as garbage while somebody waits for it, who then waits for ever (nodejs/node#57736).
 */
export class Deadline {
  /** Time was over first. */
  isOver = false;
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #earlier: AbortSignal | undefined;
  readonly #follow = (): void => this.#controller.abort(this.#earlier!.reason);

  constructor(ms: number, earlier?: AbortSignal) {
    this.#earlier = earlier;
    this.#timer = setTimeout(() => {
      this.isOver = !this.signal.aborted;
      this.#controller.abort(new DOMException('the time is over', 'TimeoutError'));
    }, ms);
    if (earlier?.aborted === true) this.#follow();
    else earlier?.addEventListener('abort', this.#follow, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#earlier?.removeEventListener('abort', this.#follow);
  }
}
