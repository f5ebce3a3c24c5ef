/**
 * What a sequence model reads at a position beside the item: the kind of the event, the time since the one before, and the part
 * of the week. Each is a small code, 0 where it is not known.
 */
import { eventKinds } from '../../data/events.ts';

export interface Marks {
  readonly kind?: Uint8Array;
  /** Time since the position before. */
  readonly since?: Uint8Array;
  readonly moment?: Uint8Array;
}

const minute = 60_000;
const day = 1440 * minute;
/** Doublings of a minute up to four years, and less than one. */
const doublings = 21;
const partsOfDay = 4;

/** Codes of each mark. */
export const markCounts: Readonly<Record<'kind' | 'since' | 'moment', number>> = {
  kind: eventKinds.length + 1,
  since: doublings + 2,
  moment: 7 * partsOfDay + 1,
};

export function sinceCode(milliseconds: number): number {
  if (!(milliseconds >= 0)) return 0;
  return 1 + Math.min(doublings, Math.floor(Math.log2(milliseconds / minute + 1)));
}

/** @param time - milliseconds since 1970; days and their quarters are those of UTC */
export function momentCode(time: number): number {
  const quarter = Math.floor(time / (day / partsOfDay));
  return Number.isFinite(quarter) ? 1 + (((quarter % (7 * partsOfDay)) + 7 * partsOfDay) % (7 * partsOfDay)) : 0;
}

/** @param starts - true where another row begins at a position */
export function marksOf(
  { times, kinds }: { readonly times?: Float64Array; readonly kinds?: Uint8Array },
  starts: (position: number) => boolean,
): Marks {
  return {
    ...(kinds && { kind: kinds.map((kind) => (kind < eventKinds.length ? kind + 1 : 0)) }),
    ...(times && {
      since: Uint8Array.from(times, (time, p) => (starts(p) ? 0 : sinceCode(time - times[p - 1]!))),
      moment: Uint8Array.from(times, momentCode),
    }),
  };
}
