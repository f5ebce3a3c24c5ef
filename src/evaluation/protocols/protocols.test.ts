import { describe, expect, test } from 'vitest';
import type { EventColumns } from '../../data/event-store.ts';
import { eventFlags, eventKinds } from '../../data/events.ts';
import type { Histories } from '../../data/histories.ts';
import { itemIndex, shopHistories } from '../../data/shop-histories.ts';
import type { Case } from '../cases.ts';
import { protocolText } from '../cases.ts';
import { crossValidation } from './folds.ts';
import { givenSessions, sessionsOf } from './given-sessions.ts';
import { givenUsers } from './given-users.ts';
import { leaveOneOut } from './leave-one-out.ts';
import { temporalSplit } from './temporal.ts';

function histories(rows: readonly (readonly number[])[], ordered = true): Histories {
  const offsets = Int32Array.from([0, ...rows.map((_, r) => rows.slice(0, r + 1).flat().length)]);
  return { itemCount: 10, offsets, items: Int32Array.from(rows.flat()), ordered };
}

function rowsOf({ offsets, items }: Histories): number[][] {
  return Array.from({ length: offsets.length - 1 }, (_, r) => [...items.subarray(offsets[r], offsets[r + 1])]);
}

const shown = ({ query, targets, masked }: Case): number[][] => [[...query.items], [...targets], [...masked]];

describe('leave-one-out', () => {
  const data = histories([
    [1, 2, 3, 2],
    [4, 5],
    [6, 7, 8],
  ]);

  test('the last item is the test, the one before validation, and neither is in train', () => {
    const split = leaveOneOut(data, { seen: 'mask', refit: false });
    expect(rowsOf(split.train)).toEqual([[1, 2], [4, 5], [6]]);
    expect(split.train).toBe(split.fitTrain);
    expect(split.test.map(shown)).toEqual([
      [[1, 2, 3], [2], [1, 2, 3]],
      [[6, 7], [8], [6, 7]],
    ]);
    expect(split.validation.map(shown)).toEqual([
      [[1, 2], [3], [1, 2]],
      [[6], [7], [6]],
    ]);
    expect(split.test.map(({ query }) => query.row)).toEqual([0, 2]);
  });

  test('refit trains on validation items too, and keep masks nothing', () => {
    const split = leaveOneOut(data, { seen: 'keep', refit: true });
    expect(rowsOf(split.train)).toEqual([
      [1, 2, 3],
      [4, 5],
      [6, 7],
    ]);
    expect(rowsOf(split.fitTrain)).toEqual([[1, 2], [4, 5], [6]]);
    expect(split.test.every(({ masked }) => masked.length === 0)).toBe(true);
    expect(protocolText(split.protocol)).toContain('refitted');
  });

  test('rows too short for it are refused where there is no other', () => {
    const short = histories([[1, 2], [3]]);
    expect(() => leaveOneOut(short, { seen: 'mask', refit: false })).toThrow(/at least 3 items/);
  });
});

describe('given users', () => {
  const train = histories([Array.from({ length: 10 }, (_, i) => i), [1], [2, 3]], false);
  const test1 = histories([[7, 7], [], [9]], false);

  test('the test is as given, and validation a part of each row that is not in its train', () => {
    const split = givenUsers(train, test1, { seen: 'mask', seed: 3, heldOut: 0.3 });
    expect(split.train).toBe(train);
    expect(split.test.map(({ targets }) => [...targets])).toEqual([[7], [9]]);
    expect(split.test.map(({ query }) => query.row)).toEqual([0, 2]);
    const [first] = split.validation;
    expect(first!.targets).toHaveLength(3);
    expect([...first!.query.items, ...first!.targets].sort()).toEqual([...rowsOf(train)[0]!]);
    expect(rowsOf(split.fitTrain)[0]).toEqual([...first!.query.items]);
    expect(rowsOf(split.fitTrain)[1]).toEqual([1]);
    expect(split.validation.every(({ query }) => query.items.length > 0)).toBe(true);
  });

  test('a tenth is a tenth on average, by seed', () => {
    const wide = histories(
      Array.from({ length: 400 }, (_, r) => Array.from({ length: 5 }, (_, i) => (r + i) % 10)),
      false,
    );
    const held = (seed: number) =>
      givenUsers(wide, wide, { seen: 'mask', seed }).validation.reduce((sum, { targets }) => sum + targets.length, 0);
    expect(held(1)).toBeGreaterThan(150);
    expect(held(1)).toBeLessThan(250);
    expect(held(1)).toBe(held(1));
  });
});

describe('given sessions', () => {
  const next = (...ids: number[]) => ({ prefix: Int32Array.from(ids.slice(0, -1)), next: ids.at(-1)! });

  test('validation is every prefix of the last train sessions, which fitTrain lacks', () => {
    const train = histories([
      [1, 2],
      [3, 4],
      [5, 6],
      [7, 8],
      [1, 1, 2],
    ]);
    const split = givenSessions(train, [next(1, 2)], { seen: 'keep', heldOutSessions: 1 });
    expect(rowsOf(split.fitTrain)).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
      [7, 8],
    ]);
    expect(split.train).toBe(train);
    expect(split.validation.map(shown)).toEqual([
      [[1], [1], []],
      [[1, 1], [2], []],
    ]);
    expect(split.test.map(shown)).toEqual([[[1], [2], []]]);
  });

  test('neighbouring prefixes are one session, in either order', () => {
    const cases = [next(1, 2, 3, 4), next(1, 2, 3), next(1, 2), next(1, 5), next(1, 5, 6), next(9, 9)];
    expect([...sessionsOf(cases)]).toEqual([0, 0, 0, 1, 1, 2]);
  });
});

describe('temporal split', () => {
  const day = 86_400_000;
  const event = (person: number, dayOf: number, product: number, kind = 'purchase', session = -1, flags = 0) => ({
    person,
    time: dayOf * day,
    product,
    kind: eventKinds.indexOf(kind as never),
    session,
    flags,
  });
  function columns(events: ReturnType<typeof event>[]): EventColumns {
    return {
      length: events.length,
      person: Float64Array.from(events, (e) => e.person),
      time: Float64Array.from(events, (e) => e.time),
      kind: Uint8Array.from(events, (e) => e.kind),
      product: Int32Array.from(events, (e) => e.product),
      products: ['a', 'b', 'c', 'd'],
      session: Int32Array.from(events, (e) => e.session),
      quantity: new Float32Array(events.length).fill(1),
      priceMinor: new Float64Array(events.length).fill(Number.NaN),
      value: new Float32Array(events.length).fill(Number.NaN),
      flags: Int32Array.from(events, (e) => e.flags),
    };
  }
  const events = columns([
    event(1, 1, 0),
    event(1, 2, 1, 'view_item'),
    event(1, 11, 0, 'view_item', 5),
    event(1, 11, 0, 'purchase', 5),
    event(1, 11, 2, 'purchase', 5),
    event(1, 12, 3),
    event(1, 13, 1, 'purchase', -1, eventFlags.refunded),
    event(1, 14, -1, 'search'),
    event(2, 12, 1),
    event(3, 3, 2),
    event(3, 4, 3),
  ]);
  const index = itemIndex(events.products, 4);
  const shop = shopHistories(events, index, {});
  const named = (items: Int32Array): string => [...items].map((item) => index.products[item]).join('');

  test("a shop's events become rows by person, with weights, visits and answers, without what was taken back", () => {
    expect(rowsOf(shop.histories).map((row) => named(Int32Array.from(row)))).toEqual(['abaacd', 'b', 'cd']);
    expect([...shop.histories.weights!].slice(0, 3)).toEqual([3, 1, 1]);
    expect([...shop.targets]).toEqual([1, 0, 0, 1, 1, 1, 1, 1, 1]);
    expect(new Set(shop.histories.sessions).size).toBe(7);
    expect(itemIndex(events.products, 5).products).not.toEqual(index.products);
  });

  test('every visit after the instant is a case with all that came before it, and train ends at the instant', () => {
    const split = temporalSplit(shop.histories, { instant: 10 * day, seen: 'keep', targets: shop.targets });
    expect(split.test.map(({ query, targets }) => [named(query.items), named(targets)])).toEqual([
      ['ab', 'ac'],
      ['abaac', 'd'],
    ]);
    expect(split.test.map(({ query }) => query.now)).toEqual([11 * day, 12 * day]);
    expect(Math.max(...split.train.times!)).toBeLessThan(10 * day);
    expect(Math.max(...split.fitTrain.times!)).toBeLessThan(split.validation[0]!.query.now!);
    expect(protocolText(split.protocol)).toContain('1 of strangers left out');
  });

  test('masked repeats are no answers, and strangers count where they are kept', () => {
    const options = { instant: 10 * day, targets: shop.targets } as const;
    const masked = temporalSplit(shop.histories, { ...options, seen: 'mask' });
    expect(masked.test.map(({ targets }) => named(targets))).toEqual(['c', 'd']);
    const strangers = temporalSplit(shop.histories, { ...options, seen: 'keep', strangers: 'keep' });
    expect(strangers.test.map(({ query }) => query.items.length)).toEqual([2, 5, 0]);
  });

  test('by default the cut is at a quantile of the events, and a cut without a side is refused', () => {
    const split = temporalSplit(shop.histories, { seen: 'keep' });
    const before = split.train.items.length / shop.histories.items.length;
    expect(before).toBeGreaterThan(0.5);
    expect(before).toBeLessThan(0.9);
    expect(() => temporalSplit(shop.histories, { seen: 'keep', instant: 0 })).toThrow(/before and after/);
    expect(() => temporalSplit(histories([[1, 2]]), { seen: 'keep' })).toThrow(/with times/);
  });
});

describe('cross-validation', () => {
  const rows = [[0, 1, 2, 3, 4, 5, 6], [7, 8], [9], []];
  const data = histories(rows, false);

  test('asks about every item once, by a model that saw all others', () => {
    const splits = [...crossValidation(data, 3, { seed: 1, seen: 'mask' })];
    expect(splits.length).toBe(3);
    const asked = splits.flatMap(({ test: cases }) => cases.flatMap(({ targets }) => [...targets]));
    expect(asked.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    for (const { train, test: cases } of splits) {
      const targets = new Set(cases.flatMap((one) => [...one.targets]));
      expect(rowsOf(train)).toEqual(rows.map((row) => row.filter((item) => !targets.has(item))));
      expect(targets.has(9)).toBe(false);
    }
    expect([...crossValidation(data, 3, { seed: 1, seen: 'mask' })].map(({ test: cases }) => cases.map(shown))).toEqual(
      splits.map(({ test: cases }) => cases.map(shown)),
    );
  });
});
