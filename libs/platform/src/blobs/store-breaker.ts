import { circuitBreaker, type CircuitBreakerPolicy, CircuitState, ConsecutiveBreaker, handleWhen } from 'cockatiel';
import { AppError } from '@attune/core';

/** So many requests in a row, each after all of its tries. */
const FAILURES = 5;
/** How long a store is left alone before one request tries it again, in milliseconds. */
export const OPEN_MS = 10_000;

/** The store as a whole is in trouble, and nothing is wrong with what was asked of it: nobody is to be charged for having asked. */
export class StoreOutage extends AppError {
  constructor(detail: string, options: { cause?: unknown } = {}) {
    super('dependency_unavailable', detail, options);
  }
}

/** `closed`: every request is sent · `open`: none is · `half_open`: one is under way, and decides. */
export type CircuitStanding = 'closed' | 'open' | 'half_open';

/** How it stands with a store that may be out of reach. */
export interface StoreCircuit {
  /** True while requests are refused unasked, so that there is no use in beginning any work that needs the store. */
  readonly refuses: boolean;
  readonly standing: CircuitStanding;
  /** Told of every change. */
  onChange(listener: (standing: CircuitStanding) => void): void;
}

/**
 * The circuit breaker of one store. Only outages count: an object that is missing, a request that is refused and a caller who goes away
 * prove that the store answers, or nothing.
 */
export class StoreBreaker implements StoreCircuit {
  readonly #policy: CircuitBreakerPolicy;
  #openedAt = -Infinity;

  constructor(private readonly openMs = OPEN_MS) {
    this.#policy = circuitBreaker(
      handleWhen((error) => error instanceof StoreOutage),
      { halfOpenAfter: openMs, breaker: new ConsecutiveBreaker(FAILURES) },
    );
    this.#policy.onBreak(() => (this.#openedAt = performance.now()));
  }

  get refuses(): boolean {
    const { standing } = this;
    return standing === 'half_open' || (standing === 'open' && performance.now() - this.#openedAt < this.openMs);
  }

  get standing(): CircuitStanding {
    return standingOf(this.#policy.state);
  }

  onChange(listener: (standing: CircuitStanding) => void): void {
    this.#policy.onStateChange((state) => listener(standingOf(state)));
  }

  /** @throws StoreOutage at once while the circuit is open */
  async run<T>(request: () => Promise<T>): Promise<T> {
    // The library lets others wait for the one request that decides: a store that hangs would keep them as long as that one.
    if (this.refuses) throw refusal();
    return this.#policy.execute(request);
  }
}

const refusal = (): StoreOutage => new StoreOutage('the blob store has not worked lately and is left alone for some seconds');

function standingOf(state: CircuitState): CircuitStanding {
  if (state === CircuitState.Closed) return 'closed';
  return state === CircuitState.HalfOpen ? 'half_open' : 'open';
}
