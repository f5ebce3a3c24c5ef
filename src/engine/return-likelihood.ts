/**
 * Who is likely to come back: visits of each person as a Poisson process whose rate is a decayed count, so that who came often
 * and lately stands first.
 *
 * @source Schmittlein, Morrison & Colombo, Counting your customers, Management Science 1987 (purchases as Poisson processes)
 */
import type { EventColumns } from '../data/event-store.ts';
import { visitGapMs } from '../data/shop-histories.ts';

const dayMs = 86_400_000;
/** A visit so many days ago counts half. */
const halfLifeDays = 30;
/** Days for which it is foreseen. */
const horizonDays = 7;

/**
 * P(at least one visit within a week) of each person who ever came, in (0, 1].
 *
 * @param events - of each person together, oldest first
 * @param now - milliseconds since 1970
 */
export function returnLikelihood(
  { length, person, time }: Pick<EventColumns, 'length' | 'person' | 'time'>,
  now: number,
): ReadonlyMap<number, number> {
  const likelihood = new Map<number, number>();
  const perDay = Math.LN2 / halfLifeDays;
  let rate = 0;
  for (let e = 0; e < length; e++) {
    const goesOn = e > 0 && person[e] === person[e - 1];
    if (!goesOn) rate = 0;
    const isVisit = !goesOn || time[e]! - time[e - 1]! > visitGapMs;
    const days = Math.max(0, now - time[e]!) / dayMs;
    if (isVisit) rate += perDay * 2 ** (-days / halfLifeDays);
    likelihood.set(person[e]!, 1 - Math.exp(-rate * horizonDays));
  }
  return likelihood;
}
