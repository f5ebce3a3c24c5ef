/** Much work on one thread, done in pieces so that others have their turn. */

/** A piece lasts about so long. */
const pieceMs = 8;
/** The clock is looked at after so many. */
const stride = 256;

/** Lets all that waits on this thread have its turn. */
export const turnOfOthers = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Calls `work(0) .. work(count - 1)`. */
export async function inTurns(count: number, work: (n: number) => void): Promise<void> {
  for (let n = 0; n < count; ) {
    const until = performance.now() + pieceMs;
    do {
      for (const end = Math.min(count, n + stride); n < end; n++) work(n);
    } while (n < count && performance.now() < until);
    if (n < count) await turnOfOthers();
  }
}
