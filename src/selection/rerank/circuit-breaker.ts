/**
 * Leaves alone what fails again and again: after so many failures in a row nothing is asked for a while, then one trial; its
 * success closes the breaker, its failure opens it for as long again.
 *
 * @source Nygard, Release It!, 2nd ed. 2018, ch. 5
 */
export interface CircuitBreakerOptions {
  /** In a row. @default 5 */
  readonly failures?: number;
  /** @default 30000 */
  readonly restMs?: number;
  /** A clock in milliseconds that only goes forward. */
  readonly now?: () => number;
}

export class CircuitBreaker {
  readonly #failures: number;
  readonly #restMs: number;
  readonly #now: () => number;
  #failed = 0;
  #openUntil = -Infinity;
  #isTrying = false;

  constructor({ failures = 5, restMs = 30_000, now = () => performance.now() }: CircuitBreakerOptions = {}) {
    this.#failures = failures;
    this.#restMs = restMs;
    this.#now = now;
  }

  get isOpen(): boolean {
    return this.#failed >= this.#failures && (this.#now() < this.#openUntil || this.#isTrying);
  }

  /** Call before asking, where it is not open. */
  begin(): void {
    if (this.#failed >= this.#failures) this.#isTrying = true;
  }

  succeed(): void {
    this.#failed = 0;
    this.#isTrying = false;
  }

  fail(): void {
    this.#failed++;
    this.#isTrying = false;
    if (this.#failed >= this.#failures) this.#openUntil = this.#now() + this.#restMs;
  }
}
