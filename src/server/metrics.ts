/** Figures of a server for Prometheus: requests by route, rows, slates and what they fell back on. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Shop } from '../engine/shop.ts';

export class ServerMetrics {
  readonly #registry = new Registry();
  readonly #seconds = new Histogram({
    name: 'shelfwise_request_duration_seconds',
    help: 'Time from request to answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [this.#registry],
  });
  readonly #rows = new Counter({
    name: 'shelfwise_events_total',
    help: 'Events that came, by what became of them.',
    labelNames: ['status'],
    registers: [this.#registry],
  });
  readonly #fellBack = new Counter({
    name: 'shelfwise_fallbacks_total',
    help: 'What slates lacked, by code.',
    labelNames: ['code'],
    registers: [this.#registry],
  });
  readonly #slates = new Counter({
    name: 'shelfwise_slates_total',
    help: 'Slates that were answered, by generation.',
    labelNames: ['generation'],
    registers: [this.#registry],
  });

  constructor(shop: Shop) {
    collectDefaultMetrics({ register: this.#registry });
    const lost: Gauge = new Gauge({
      name: 'shelfwise_slates_lost',
      help: 'Slates of this process that could not be noted.',
      registers: [this.#registry],
      collect: async (): Promise<void> => lost.set((await shop.status()).slatesLost ?? 0),
    });
  }

  answered(method: string, route: string, status: number, ms: number): void {
    this.#seconds.observe({ method, route, status }, ms / 1000);
  }

  events(counts: Readonly<Record<'stored' | 'duplicate' | 'refused', number>>): void {
    for (const [status, count] of Object.entries(counts)) if (count > 0) this.#rows.inc({ status }, count);
  }

  /** @param fellBack - codes of what was missing */
  slate(generation: number | undefined, fellBack: readonly string[]): void {
    this.#slates.inc({ generation: generation ?? 'none' });
    for (const code of fellBack) this.#fellBack.inc({ code });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
