/**
 * The right to write, or to train: a row of the database with the holder's process, a random token and a beat that a
 * heartbeat counts up. The token is compared inside every transaction of the holder, so that one who lost the lease cannot
 * write.
 *
 * The lease of a process that is gone is taken over at once on the same host. Of any other holder it is taken over when the
 * beat stood still for a while, measured by whoever waits on a clock that only goes forward: no two clocks are compared,
 * and none may be set back. A process that waits says so by the time of a file, for which it needs no lock; the holder then
 * lets go between two pieces of work.
 */
import { randomBytes } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ShelfwiseError } from '../../core/errors.ts';
import { isGone, ownTag } from '../../core/scratch.ts';
import { isBusy, type ShopDatabase } from './database.ts';

/** A beat that stands still this long is a dead holder's. Training may hold its thread for long. */
const expiryMs = { writer: 6_000, training: 600_000 } as const;
const heartbeatMs = 1_500;
/** A holder without work lets go after this time. */
const idleMs = 300;
const pollMs = 5;
/** Whoever asked and waits still, asks again within this time. */
const askedMs = 20 * pollMs;

/** Tokens of leases that this thread let go while the row could not be written. */
const letGo = new Set<string>();

export interface LeaseHolder {
  readonly pid: number;
  readonly host: string;
  /** Milliseconds since 1970, of the holder's clock. */
  readonly since: number;
}

interface LeaseRow extends LeaseHolder {
  readonly token: string | null;
  readonly tag: string;
  readonly beat: number;
}

export interface LeaseOptions {
  readonly name: keyof typeof expiryMs;
  /** How long `acquire` waits for another holder, in milliseconds. */
  readonly waitMs: number;
  /** Token of a lease that another holder acquires, beats for and releases, and that this one may use meanwhile. */
  readonly lent?: string;
  /** Milliseconds on a clock that only goes forward. @default performance.now */
  readonly now?: () => number;
}

export class Lease {
  readonly #database: ShopDatabase;
  readonly #name: keyof typeof expiryMs;
  readonly #now: () => number;
  readonly #waitMs: number;
  readonly #askedPath: string;
  readonly token: string;
  readonly #lent: boolean;
  #held = false;
  /** The time of the asking that was seen last, and when it was seen. */
  #asked = 0;
  #askedAt = -Infinity;
  #letGoAt = -Infinity;
  /** When the beat was last counted up. */
  #beatAt = 0;
  /** Another holder's beat, and since when it stands still. */
  #watched: { readonly token: string; readonly beat: number; readonly since: number } | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(database: ShopDatabase, { name, waitMs, lent, now = () => performance.now() }: LeaseOptions) {
    this.#database = database;
    this.token = lent ?? randomBytes(12).toString('hex');
    this.#lent = lent !== undefined;
    this.#askedPath = join(dirname(database.path), `${name}.asked`);
    this.#name = name;
    this.#now = now;
    this.#waitMs = waitMs;
  }

  /** @throws ShelfwiseError `SW_SHOP_BUSY` naming the holder, after the wait */
  async acquire(): Promise<void> {
    if (this.#lent) return;
    clearInterval(this.#idle);
    if (this.#held && this.#now() - this.#beatAt < expiryMs[this.#name] / 2) return;
    // A process that slept may have lost the lease meanwhile: it asks anew.
    if (this.#held) this.#forgetHeld();
    // The one that waits gets its turn before this process comes back.
    const turn = this.#letGoAt + 3 * pollMs - this.#now();
    if (turn > 0) await sleep(Math.min(turn, 3 * pollMs));
    const deadline = this.#now() + this.#waitMs;
    for (;;) {
      const holder = this.#tryTake();
      if (!holder) break;
      if (this.#now() >= deadline) throw this.#busy(holder);
      await sleep(pollMs);
    }
    this.#heartbeat = setInterval(() => this.#beat(), heartbeatMs);
    this.#heartbeat.unref();
  }

  /** Takes the lease where no living process holds it; answers whether it is held now. */
  tryAcquire(): boolean {
    return this.#held || this.#tryTake() === undefined;
  }

  /**
   * A durable transaction of the holder. Call `acquire` before.
   *
   * @throws ShelfwiseError `SW_SHOP_BUSY` where the lease went to another process meanwhile
   */
  transaction<T>(work: () => T): T {
    return this.#database.transaction(() => {
      const [token] = this.#database.get('SELECT token FROM leases WHERE name = ?', this.#name)!;
      if (token !== this.token) {
        this.#forgetHeld();
        throw this.#busy(this.#row());
      }
      return work();
    });
  }

  /** Another process waits for it. */
  get wanted(): boolean {
    const asked = this.#lastAsked();
    if (asked !== this.#asked) this.#askedAt = this.#now();
    this.#asked = asked;
    return this.#now() - this.#askedAt < askedMs;
  }

  /** Between two pieces of work: lets go at once where another process waits, and after a while otherwise. */
  rest(): void {
    if (!this.#held) return;
    if (this.wanted) {
      this.#letGoAt = this.#now();
      this.release();
      return;
    }
    clearInterval(this.#idle);
    const until = this.#now() + idleMs;
    this.#idle = setInterval(() => {
      if (this.wanted) this.#letGoAt = this.#now();
      else if (this.#now() < until) return;
      this.release();
    }, pollMs);
    this.#idle.unref();
  }

  /** Never throws: a row that cannot be written, on a full disk for instance, is tried again, or runs out by itself. */
  release(): void {
    if (!this.#held) return;
    this.#forgetHeld();
    letGo.add(this.token);
    if (this.#freeRow()) return;
    this.#retry = setInterval(() => {
      if (this.#freeRow()) clearInterval(this.#retry);
    }, heartbeatMs);
    this.#retry.unref();
  }

  /** @returns true where nothing is left to be tried */
  #freeRow(): boolean {
    try {
      this.#database.run('UPDATE leases SET token = NULL WHERE token = ?', this.token);
      letGo.delete(this.token);
      return true;
    } catch (error) {
      return error instanceof ShelfwiseError && error.code === 'SW_SHOP_CLOSED';
    }
  }

  #forgetHeld(): void {
    clearInterval(this.#idle);
    clearInterval(this.#heartbeat);
    this.#held = false;
    this.#askedAt = -Infinity;
  }

  /** When somebody last asked, by the time of the file. */
  #lastAsked(): number {
    try {
      return statSync(this.#askedPath, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    } catch {
      return this.#asked;
    }
  }

  /** On a full disk nobody is asked: the holder lets go when it has nothing to do. */
  #ask(): void {
    try {
      writeFileSync(this.#askedPath, '');
    } catch {
      return;
    }
  }

  /** @returns the living holder, or nothing where the lease is ours now */
  #tryTake(): LeaseHolder | undefined {
    try {
      // Looking needs no lock: one that writes without a pause could not be asked otherwise.
      const seen = this.#row();
      if (this.#isTaken(seen)) {
        this.#ask();
        return seen;
      }
      return this.#database.transaction(() => {
        const row = this.#row();
        if (this.#isTaken(row)) return row;
        this.#database.run(
          'UPDATE leases SET token = ?, tag = ?, pid = ?, host = ?, since = ?, beat = 0 WHERE name = ?',
          this.token,
          ownTag,
          process.pid,
          hostname(),
          Date.now(),
          this.#name,
        );
        letGo.delete(this.token);
        clearInterval(this.#retry);
        this.#held = true;
        this.#asked = this.#lastAsked();
        this.#beatAt = this.#now();
        this.#watched = undefined;
        return undefined;
      });
    } catch (error) {
      if (isBusy(error)) return this.#row();
      throw error;
    }
  }

  #isTaken(row: LeaseRow): boolean {
    const { token, tag } = row;
    if (token === null || token === this.token || letGo.has(token)) return false;
    return !isGone(tag) && !this.#standsStill(row);
  }

  #standsStill({ token, beat }: LeaseRow): boolean {
    if (this.#watched?.token !== token || this.#watched?.beat !== beat)
      this.#watched = { token: token!, beat, since: this.#now() };
    return this.#now() - this.#watched.since >= expiryMs[this.#name];
  }

  #row(): LeaseRow {
    const [token, tag, pid, host, since, beat] = this.#database.get(
      'SELECT token, tag, pid, host, since, beat FROM leases WHERE name = ?',
      this.#name,
    )!;
    return { token, tag: tag ?? '', pid, host, since, beat } as LeaseRow;
  }

  /** On a timer: whatever fails here fails again, and is told, in the work that needs the lease. */
  #beat(): void {
    try {
      const now = this.#now();
      if (this.#database.run('UPDATE leases SET beat = beat + 1 WHERE token = ?', this.token) === 1) this.#beatAt = now;
    } catch {
      // A beat that is missed is made up for by the next.
    }
  }

  #busy({ pid, host, since }: LeaseHolder): ShelfwiseError {
    const wait = this.#waitMs > 0 ? ` within ${this.#waitMs} ms` : '';
    return new ShelfwiseError(
      'SW_SHOP_BUSY',
      `${this.#database.path}: expected the ${this.#name} lease${wait}, got: held by process ${pid} on ${host}.`,
      'Wait until that process is done, or stop it.',
      { pid, host, since },
    );
  }
}
