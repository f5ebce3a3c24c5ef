/** How long each part of a training takes, by the notes that it tells its progress with. */

import { expectation } from './training-memory.ts';

/** Notes that only say how a part goes on, or tell of the whole. */
const within = new RegExp(`^held-out loss|^${expectation}|: `);

export class PartTimes {
  readonly #seconds = new Map<string, number>();
  readonly #now: () => number;
  #part: string | undefined;
  #since: number;

  /** @param now - milliseconds on a clock that only goes forward */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#since = now();
  }

  /** A part begins where the note is a new one. */
  note(note: string): void {
    if (note === this.#part || within.test(note)) return;
    this.#end();
    this.#part = note;
  }

  /** Seconds by part, the longest first; what comes several times is summed. */
  done(): Readonly<Record<string, number>> {
    this.#end();
    this.#part = undefined;
    return Object.fromEntries([...this.#seconds].sort(([, a], [, b]) => b - a));
  }

  #end(): void {
    const now = this.#now();
    if (this.#part !== undefined)
      this.#seconds.set(this.#part, (this.#seconds.get(this.#part) ?? 0) + (now - this.#since) / 1000);
    this.#since = now;
  }
}
