/**
 * Events that come shopper by shopper and go out in time order: they lie in one scratch file for each week until all are
 * there, so that a store of any size needs the memory of one week.
 */
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { day } from './calendar.ts';
import type { VisitEvent } from './visits.ts';

const week = 7 * day;
/** Events of a week that are held in memory before they are written, all weeks together. */
const heldAtMost = 200_000;

export class EventWeeks {
  readonly #folder: string;
  readonly #begin: number;
  readonly #held = new Map<number, VisitEvent[]>();
  readonly #written = new Set<number>();
  #count = 0;

  /** @param folder - for the scratch files; made when first needed and removed by `close` */
  constructor(folder: string, begin: number) {
    this.#folder = folder;
    this.#begin = begin;
  }

  async add(events: readonly VisitEvent[]): Promise<void> {
    for (const event of events) {
      const of = Math.floor((event.time - this.#begin) / week);
      const held = this.#held.get(of);
      if (held) held.push(event);
      else this.#held.set(of, [event]);
    }
    this.#count += events.length;
    if (this.#count >= heldAtMost) await this.#spill();
  }

  /** All events, a week at a time, each in time order; those of one time in the order in which they came. */
  async *inOrder(): AsyncGenerator<readonly VisitEvent[]> {
    const weeks = [...new Set([...this.#written, ...this.#held.keys()])].sort((a, b) => a - b);
    for (const of of weeks) {
      const events = this.#written.has(of) ? await this.#read(of) : [];
      for (const event of this.#held.get(of) ?? []) events.push(event);
      this.#held.delete(of);
      yield events.sort((a, b) => a.time - b.time);
    }
  }

  close(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }

  async #spill(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    for (const [of, events] of this.#held) {
      this.#written.add(of);
      await appendFile(this.#path(of), events.map((event) => `${JSON.stringify(Object.values(event))}\n`).join(''));
    }
    this.#held.clear();
    this.#count = 0;
  }

  async #read(of: number): Promise<VisitEvent[]> {
    const events: VisitEvent[] = [];
    for (const line of (await readFile(this.#path(of), 'utf8')).split('\n')) {
      if (line === '') continue;
      const [time, name, userId, visitorId, sessionId, productId, variantId, ...rest] = JSON.parse(line);
      const [quantity, priceMinor, device, place, referrer, value, text] = rest;
      events.push({
        ...{ time, name, userId, visitorId, sessionId, productId, variantId },
        // JSON has no word for a number that is missing.
        ...{ quantity: quantity ?? Number.NaN, priceMinor: priceMinor ?? Number.NaN },
        ...{ device, place, referrer, value: value ?? Number.NaN, text },
      });
    }
    return events;
  }

  #path(of: number): string {
    return join(this.#folder, `week-${of}.jsonl`);
  }
}
