/**
 * The demo store's year: seasons of its departments, and the festivals of Chinese and Singaporean shops. 618 and
 * Double 11 are days of discounts that more people visit on; before the Spring Festival and Mid-Autumn certain kinds are
 * wanted, and in the days of the Spring Festival itself few people shop.
 */
import { departments, type ProductKind } from './words.ts';

export const day = 86_400_000;

export type FestivalName = 'spring-festival' | '618' | 'mid-autumn' | 'double-11';

export interface Festival {
  readonly name: FestivalName;
  /** First and last moment of its shopping, milliseconds since 1970. */
  readonly span: readonly [number, number];
  /** Visits in that time beside ordinary ones. */
  readonly traffic: number;
  /** Most that is taken off prices then, in [0, 1]. */
  readonly discount: number;
}

const lunar = new Intl.DateTimeFormat('en-u-ca-chinese', { month: 'numeric', day: 'numeric', timeZone: 'UTC' });

/** Festivals that touch a span of time, by their beginning. */
export function festivalsIn([begin, end]: readonly [number, number]): Festival[] {
  const years = Array.from(
    { length: new Date(end).getUTCFullYear() - new Date(begin).getUTCFullYear() + 1 },
    (_, y) => new Date(begin).getUTCFullYear() + y,
  );
  return years
    .flatMap((year): Festival[] => {
      const newYear = lunarDay(Date.UTC(year, 0, 20), 1, 1);
      const fullMoon = lunarDay(Date.UTC(year, 8, 5), 8, 15);
      return [
        { name: 'spring-festival', span: [newYear - 21 * day, newYear - day], traffic: 1.4, discount: 0.15 },
        { name: '618', span: [Date.UTC(year, 5, 10), Date.UTC(year, 5, 19)], traffic: 1.8, discount: 0.3 },
        { name: 'mid-autumn', span: [fullMoon - 21 * day, fullMoon], traffic: 1.1, discount: 0 },
        { name: 'double-11', span: [Date.UTC(year, 10, 4), Date.UTC(year, 10, 12)], traffic: 2, discount: 0.35 },
      ];
    })
    .filter(({ span }) => span[1] > begin && span[0] < end)
    .sort((a, b) => a.span[0] - b.span[0]);
}

/** The day from `from` on that the Chinese calendar calls so. */
function lunarDay(from: number, month: number, dayOfMonth: number): number {
  for (let time = from; time < from + 60 * day; time += day)
    if (lunar.format(time) === `${month}/${dayOfMonth}`) return time;
  throw new Error(`no ${month}/${dayOfMonth} of the Chinese calendar within 60 days of ${from}`);
}

/** How much a department is wanted in a month, beside its mean of 1. */
export function seasonOf(department: number, time: number): number {
  const { season } = departments[department]!;
  if (!season) return 1;
  return 1 + season.swing * Math.cos((2 * Math.PI * (new Date(time).getUTCMonth() - season.peakMonth)) / 12);
}

/** How much a kind is wanted for a festival that is near; 1 at other times. */
export function festiveDemand({ festival }: ProductKind, time: number, festivals: readonly Festival[]): number {
  if (festival === undefined) return 1;
  return festivals.some(({ name, span }) => name === festival && time >= span[0] && time < span[1]) ? 5 : 0.6;
}

/** Visits at a time beside those of an ordinary day. */
export function trafficAt(time: number, festivals: readonly Festival[]): number {
  for (const { name, span, traffic } of festivals) {
    if (time >= span[0] && time < span[1]) return traffic;
    // The shops of the Spring Festival's own week stand empty.
    if (name === 'spring-festival' && time >= span[1] && time < span[1] + 7 * day) return 0.4;
  }
  return 1;
}
