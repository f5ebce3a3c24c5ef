/**
 * What a rating says: one below the person's middle is no wish. The middle is the mean of the person's own ratings from
 * three on, and of all the shop's below that, since people use a scale each in their own way.
 */

import type { EventColumns } from './event-store.ts';
import { eventKinds } from './events.ts';

const rate = eventKinds.indexOf('rate');
const review = eventKinds.indexOf('review');

/** Ratings of a person from which their own mean is their middle. */
const ownFrom = 3;

export function isRating({ kind, value }: Pick<EventColumns, 'kind' | 'value'>, event: number): boolean {
  return (kind[event] === rate || kind[event] === review) && !Number.isNaN(value[event]!);
}

/** Mean of all ratings; undefined where there are none. */
export function ratingMiddle(events: Pick<EventColumns, 'kind' | 'value' | 'length'>): number | undefined {
  let [sum, count] = [0, 0];
  for (let e = 0; e < events.length; e++) {
    if (!isRating(events, e)) continue;
    sum += events.value[e]!;
    count++;
  }
  return count > 0 ? sum / count : undefined;
}

/**
 * @param events - those of one person stand together
 * @param middle - of all the shop's ratings; of these events where absent
 * @returns 1 at ratings that are no wish
 */
export function unwished(
  events: Pick<EventColumns, 'kind' | 'value' | 'person' | 'length'>,
  middle: number | undefined = ratingMiddle(events),
): Uint8Array {
  const unwished = new Uint8Array(events.length);
  for (let from = 0; from < events.length; ) {
    let end = from;
    let [sum, count] = [0, 0];
    for (; end < events.length && events.person[end] === events.person[from]; end++) {
      if (!isRating(events, end)) continue;
      sum += events.value[end]!;
      count++;
    }
    const own = count >= ownFrom ? sum / count : middle;
    // Sums of single floats: a rating at the middle is a wish.
    if (own !== undefined)
      for (let e = from; e < end; e++) if (isRating(events, e) && events.value[e]! < own - 1e-4) unwished[e] = 1;
    from = end;
  }
  return unwished;
}
