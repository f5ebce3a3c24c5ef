/**
 * The right to write: a row of the database with the holder's process, host, a random token and an expiry that a heartbeat
 * moves. The token is compared inside every write transaction, so that a holder that lost the lease cannot write. The
 * lease of a process that is gone is taken over at once on the same host, and after its expiry from another.
 *
 * A process that waits says so in the row; the holder then lets go between two pieces of work.
 */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { ShelfwiseError } from '../../core/errors.ts';
import { isAlive } from '../../core/process-alive.ts';
import { isBusy, type ShopDatabase } from './database.ts';

const expiryMs = 30_000;
const heartbeatMs = 5_000;
/** A holder without work lets go after this time. */
const idleMs = 300;
const pollMs = 20;

export interface LeaseHolder {
  readonly pid: number;
  readonly host: string;
  readonly since: number;
}

export class WriterLease {
  readonly #database: ShopDatabase;
  readonly #clock: () => number;
  readonly #waitMs: number;
  readonly #token = randomBytes(12).toString('hex');
  #held = false;
  /** Another process asked for the lease while it was held here. */
  #wanted = false;
  #letGoAt = 0;
  /** When the expiry was last moved. */
  #beatAt = 0;
  #heartbeat: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(database: ShopDatabase, clock: () => number, waitMs: number) {
    this.#database = database;
    this.#clock = clock;
    this.#waitMs = waitMs;
  }

  /** @throws ShelfwiseError `SW_SHOP_BUSY` naming the holder, after the wait */
  async acquire(): Promise<void> {
    clearTimeout(this.#idle);
    if (this.#held && this.#clock() - this.#beatAt < 2 * heartbeatMs) return;
    // A process that slept may have lost the lease meanwhile: it asks anew.
    if (this.#held) this.#forgetHeld();
    // The one that waits gets its turn before this process comes back.
    const turn = this.#letGoAt + 3 * pollMs - this.#clock();
    if (turn > 0) await sleep(Math.min(turn, 3 * pollMs));
    const deadline = this.#clock() + this.#waitMs;
    for (;;) {
      const holder = this.#tryTake();
      if (!holder) break;
      if (this.#clock() >= deadline) throw busy(this.#database.path, holder, this.#waitMs);
      await sleep(pollMs);
    }
    this.#held = true;
    this.#beatAt = this.#clock();
    this.#heartbeat = setInterval(() => this.#beat(), heartbeatMs);
    this.#heartbeat.unref();
  }

  /** Takes the lease where no living process holds it; answers whether it is held now. */
  tryAcquire(): boolean {
    if (this.#held) return true;
    if (this.#tryTake()) return false;
    this.#held = true;
    this.#beatAt = this.#clock();
    return true;
  }

  /**
   * A durable transaction of the holder. Call `acquire` before.
   *
   * @throws ShelfwiseError `SW_SHOP_BUSY` where the lease went to another process meanwhile
   */
  transaction<T>(work: () => T): T {
    return this.#database.transaction(() => {
      const [token, wanted] = this.#database.get('SELECT token, wanted FROM lease')!;
      if (token !== this.#token) {
        this.#forgetHeld();
        throw busy(this.#database.path, this.#holder(), this.#waitMs);
      }
      this.#wanted = (wanted as number) > this.#clock();
      return work();
    });
  }

  /** Another process waits for it. */
  get wanted(): boolean {
    return this.#wanted;
  }

  /** Between two pieces of work: lets go at once where another process waits, and after a while otherwise. */
  rest(): void {
    if (!this.#held) return;
    if (this.#wanted) {
      this.#letGoAt = this.#clock();
      this.release();
      return;
    }
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.release(), idleMs);
    this.#idle.unref();
  }

  release(): void {
    if (!this.#held) return;
    this.#forgetHeld();
    try {
      this.#database.run('UPDATE lease SET token = NULL, expires = 0 WHERE token = ?', this.#token);
    } catch (error) {
      // The row then runs out by itself.
      if (!isBusy(error)) throw error;
    }
  }

  #forgetHeld(): void {
    clearTimeout(this.#idle);
    clearInterval(this.#heartbeat);
    this.#held = false;
    this.#wanted = false;
  }

  /** @returns the living holder, or nothing where the lease is ours now */
  #tryTake(): LeaseHolder | undefined {
    const now = this.#clock();
    try {
      return this.#database.transaction(() => {
        const [token, pid, host, since, expires] = this.#database.get(
          'SELECT token, pid, host, since, expires FROM lease',
        )!;
        const holder = { pid: pid as number, host: host as string, since: since as number };
        if (token !== null && token !== this.#token && (expires as number) > now && !isGone(holder)) {
          this.#database.run('UPDATE lease SET wanted = ?', now + 10 * pollMs);
          return holder;
        }
        this.#database.run(
          'UPDATE lease SET token = ?, pid = ?, host = ?, since = ?, expires = ?, wanted = 0',
          this.#token,
          process.pid,
          hostname(),
          now,
          now + expiryMs,
        );
        return undefined;
      });
    } catch (error) {
      if (isBusy(error)) return this.#holder();
      throw error;
    }
  }

  #holder(): LeaseHolder {
    const [pid, host, since] = this.#database.get('SELECT pid, host, since FROM lease')!;
    return { pid: pid as number, host: host as string, since: since as number };
  }

  #beat(): void {
    try {
      const [wanted] = this.#database.get('SELECT wanted FROM lease')!;
      this.#wanted = (wanted as number) > this.#clock();
      const now = this.#clock();
      if (this.#database.run('UPDATE lease SET expires = ? WHERE token = ?', now + expiryMs, this.#token) === 1)
        this.#beatAt = now;
    } catch (error) {
      if (!isBusy(error)) throw error;
    }
  }
}

function isGone({ pid, host }: LeaseHolder): boolean {
  return host === hostname() && !isAlive(pid);
}

function busy(path: string, holder: LeaseHolder, waitedMs: number): ShelfwiseError {
  return new ShelfwiseError(
    'SW_SHOP_BUSY',
    `${path}: expected the writer lease within ${waitedMs} ms, got: held by process ${holder.pid} on ${holder.host}.`,
    'Wait until that process is done, or stop it.',
    { ...holder },
  );
}
