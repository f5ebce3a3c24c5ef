/**
 * Whether an item is chosen more than others at this hour of the day and on this weekday (UTC): shrunk log lift. Zero
 * for a request without a time.
 */

import type { ModelState } from '../../models/model.ts';
import { notable } from '../explain/reason.ts';
import { columnsOf, type FittedSignal, type SignalDefinition, type SignalRequest } from './signal.ts';

const hour = 3_600_000;
/** Blocks of three hours, so that an item has enough events in each. */
const dayParts = 8;
const prior = 20;

export const timeOfWeek: SignalDefinition = {
  name: 'time',
  reason: {
    say: (_, { column }) => {
      const lift = Math.exp(column('time.hour'));
      return lift >= notable ? { kind: 'time', items: [], facts: { lift } } : undefined;
    },
    sentences: { time: { en: () => 'Often chosen at this time of day.', zh: () => '常在这个时段被选购。' } },
  },
  fit({ histories: { itemCount, items, times } }) {
    if (!times) return undefined;
    const byPart = new Float32Array(itemCount * dayParts);
    const byDay = new Float32Array(itemCount * 7);
    for (let p = 0; p < items.length; p++) {
      byPart[items[p]! * dayParts + dayPart(times[p]!)]!++;
      byDay[items[p]! * 7 + weekday(times[p]!)]!++;
    }
    return new TimeOfWeek(logLift(byPart, dayParts), logLift(byDay, 7));
  },
  load: ({ arrays }) => new TimeOfWeek(arrays['byPart'] as Float32Array, arrays['byDay'] as Float32Array),
};

class TimeOfWeek implements FittedSignal {
  readonly columns = columnsOf('time', ['hour', 'weekday']);
  readonly #byPart: Float32Array;
  readonly #byDay: Float32Array;

  constructor(byPart: Float32Array, byDay: Float32Array) {
    this.#byPart = byPart;
    this.#byDay = byDay;
  }

  write({ query: { now }, candidates }: SignalRequest, out: Float32Array, stride: number, at: number): void {
    for (let c = 0; c < candidates.length; c++) {
      const to = c * stride + at;
      out[to] = now === undefined ? 0 : this.#byPart[candidates[c]! * dayParts + dayPart(now)]!;
      out[to + 1] = now === undefined ? 0 : this.#byDay[candidates[c]! * 7 + weekday(now)]!;
    }
  }

  state(): ModelState {
    return { meta: {}, arrays: { byPart: this.#byPart, byDay: this.#byDay } };
  }
}

function dayPart(time: number): number {
  return Math.floor(((((time / hour) % 24) + 24) % 24) / (24 / dayParts));
}

function weekday(time: number): number {
  return ((Math.floor(time / (24 * hour)) % 7) + 7) % 7;
}

/** `log((n + prior · share) / (total + prior) / share)` of each slot, where `share` is all items' share of the slot. */
function logLift(counts: Float32Array, slots: number): Float32Array {
  const shares = new Float64Array(slots);
  let all = 0;
  for (let n = 0; n < counts.length; n++) {
    shares[n % slots]! += counts[n]!;
    all += counts[n]!;
  }
  const out = new Float32Array(counts.length);
  for (let from = 0; from < counts.length; from += slots) {
    let total = 0;
    for (let s = 0; s < slots; s++) total += counts[from + s]!;
    for (let s = 0; s < slots; s++) {
      const share = (shares[s]! + 1) / (all + slots);
      out[from + s] = Math.log((counts[from + s]! + prior * share) / (total + prior) / share);
    }
  }
  return out;
}
