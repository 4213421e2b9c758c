import { circuitBreaker, type CircuitBreakerPolicy, CircuitState, ConsecutiveBreaker, handleWhen } from 'cockatiel';

const FAILURES = 5;
const HOSTS = 1_000;

/** The host is in trouble, not what was asked of it. */
export class HostFailure extends Error {
  constructor(
    readonly status: number | null,
    readonly code: string,
  ) {
    super(code);
  }
}

/** One circuit breaker per tenant and host: whoever points at a host of somebody else's cannot keep that one's deliveries back. */
export class HostBreakers {
  readonly #breakers = new Map<string, CircuitBreakerPolicy>();

  /** `openMs`: how long nothing is sent to a host after five failures in a row; then one try decides. */
  constructor(readonly openMs: number) {}

  of(tenantId: string, host: string): CircuitBreakerPolicy {
    const key = `${tenantId} ${host}`;
    const known = this.#breakers.get(key);
    if (known) return known;
    if (this.#breakers.size >= HOSTS)
      for (const [idle, { state }] of this.#breakers) if (state === CircuitState.Closed) this.#breakers.delete(idle);
    const breaker = circuitBreaker(
      handleWhen((error) => error instanceof HostFailure),
      { halfOpenAfter: this.openMs, breaker: new ConsecutiveBreaker(FAILURES) },
    );
    this.#breakers.set(key, breaker);
    return breaker;
  }
}
