import { expect, test } from 'vitest';
import type { Histories } from '../../data/histories.ts';
import { ItemAttributes } from '../../data/item-attributes.ts';
import { absent } from '../../models/absent.ts';
import type { SignalRequest } from './signal.ts';
import { SignalSet, signalDefinitions } from './signal-set.ts';

const day = 86_400_000;
/** Three shoppers, six items; item 5 is new and only chosen at the end, item 4 never. */
const histories: Histories = {
  itemCount: 6,
  offsets: Int32Array.of(0, 3, 6, 9),
  items: Int32Array.of(0, 1, 2, 0, 1, 3, 0, 2, 5),
  times: Float64Array.from([0, 1, 2, 1, 2, 3, 2, 8, 9], (n) => n * day),
  ordered: true,
};
const facts = {
  attributes: ItemAttributes.of([[1], [1, 2], [2], [3], [], [1]].map((ids) => Int32Array.from(ids))),
  priceMinor: Float64Array.of(100, 110, 2000, 90, Number.NaN, 100),
};
const set = SignalSet.fit({ histories, facts, models: ['a', 'b'], rowsInTimeOrder: false });

function features(request: Partial<SignalRequest>, from: SignalSet = set): (name: string, item: number) => number {
  const candidates = Int32Array.of(0, 1, 2, 3, 4, 5);
  const scores = Float32Array.of(6, 5, 4, 3, absent, 1, absent, absent, absent, 2, 2, absent);
  const out = new Float32Array(6 * from.columns.length);
  const priceOf = (item: number): number => facts.priceMinor[item] ?? Number.NaN;
  from.write({ query: { items: Int32Array.of(0, 1, 0) }, candidates, scores, priceOf, ...request }, out);
  return (name, item) => {
    const at = from.columns.findIndex((column) => column.name === name);
    if (at < 0) throw new Error(`no column ${name}`);
    return out[item * from.columns.length + at]!;
  };
}

test('every signal that the data can feed takes part, and those it cannot do not', () => {
  const sources = new Set(set.columns.map(({ source }) => source));
  expect([...sources]).toEqual([
    ...['a', 'b', 'popular', 'late', 'trend', 'repeat', 'attributes', 'price', 'time', 'visit'],
  ]);
  const { times: _, ...timeless } = histories;
  const bare = SignalSet.fit({
    histories: { ...timeless, ordered: false },
    facts: {},
    models: ['a'],
    rowsInTimeOrder: false,
  });
  expect([...new Set(bare.columns.map(({ source }) => source))]).toEqual(['a', 'popular', 'repeat', 'visit']);
});

test('a past moment is written with the attributes that held then, also after loading', () => {
  const attributes = ItemAttributes.of(facts.attributes.today, [
    { item: 5, until: 4 * day, ids: Int32Array.of(3) },
    { item: 5, until: 2 * day, ids: Int32Array.of(2) },
  ]);
  const fitted = SignalSet.fit({
    histories,
    facts: { ...facts, attributes },
    models: ['a', 'b'],
    rowsInTimeOrder: false,
  });
  const last = (now?: number, from: SignalSet = fitted): number[] => {
    const query = { items: Int32Array.of(0, 3), ...(now !== undefined && { now }) };
    return [5, 2].map((item) => features({ query }, from)('attributes.last', item));
  };
  for (const from of [fitted, SignalSet.load(fitted.state())]) {
    expect(last(1 * day, from)).toEqual([0, 0]);
    expect(last(3 * day, from)[0]).toBeCloseTo(1, 6);
    expect(last(4 * day, from)).toEqual([0, 0]);
    expect(last(undefined, from)).toEqual([0, 0]);
  }
  // What an item was before does not make an attribute of today rarer.
  const share = (from: SignalSet) => features({}, from)('attributes.profile', 1);
  expect(share(fitted)).toBe(share(set));
});

test('scores become ranks with ties at their mean, shares and evidence, whatever their scale', () => {
  const at = features({});
  expect(at('a.rank', 0)).toBeCloseTo(0, 6);
  expect(at('a.rank', 1)).toBeCloseTo(-Math.log(2), 6);
  expect(at('b.rank', 3)).toBeCloseTo(-Math.log(1.5), 6);
  expect(at('b.rank', 4)).toBe(at('b.rank', 3));
  expect([at('a.evidence', 5), at('a.evidence', 4)]).toEqual([1, 0]);
  const tenths = [600, 500, 400, 300, absent, 100, absent, absent, absent, 2e-3, 2e-3, absent];
  const scaled = features({ scores: Float32Array.from(tenths) });
  for (const column of set.columns.filter(({ source }) => source === 'a' || source === 'b'))
    for (let item = 0; item < 6; item++) expect(scaled(column.name, item)).toBeCloseTo(at(column.name, item), 4);
});

test('each signal says what it is named for', () => {
  const at = features({});
  expect(at('popular.log', 0)).toBeGreaterThan(at('popular.log', 3));
  expect(at('late.place', 5)).toBeGreaterThan(at('late.place', 0));
  expect(at('late.last', 5)).toBeGreaterThan(at('late.last', 0));
  expect(at('trend.newest0.1', 5)).toBeGreaterThan(at('trend.newest0.1', 0));
  expect(at('trend.age', 0)).toBeGreaterThan(at('trend.age', 5));
  expect([0, 1, 2].map((item) => at('repeat.seen', item))).toEqual([1, 1, 0]);
  expect(at('repeat.times', 0)).toBeCloseTo(Math.log(3), 6);
  expect([at('repeat.last', 0), at('repeat.last', 1)]).toEqual([1, 0]);
  expect(at('attributes.last', 5)).toBeCloseTo(1, 6);
  expect(at('attributes.profile', 3)).toBe(0);
  expect(at('attributes.known', 4)).toBe(0);
  expect(at('price.distance', 5)).toBeGreaterThan(at('price.distance', 2));
  expect(at('price.known', 4)).toBe(0);
});

test('prices are those of the moment, of candidates and of the history alike', () => {
  const at = features({ priceOf: (item) => (item === 2 ? 105 : facts.priceMinor[item]!) });
  expect(at('price.distance', 2)).toBeGreaterThan(features({})('price.distance', 2) + 1);
  const dear = features({ priceOf: (item) => 20 * facts.priceMinor[item]! });
  expect(dear('price.level', 0) - features({})('price.level', 0)).toBeCloseTo(Math.log(20), 5);
  // What the shopper chose costs twenty times as much as well: near the usual, but for the step toward the median.
  expect(Math.abs(dear('price.ratio', 0))).toBeLessThan(Math.log(20) / 2);
});

test('time lifts what is chosen at this hour and on this weekday, and says nothing of a request without a time', () => {
  // Item 0 is chosen on Monday mornings, item 1 on Saturday evenings; item 2 at all times.
  const monday = Date.UTC(2026, 0, 5, 9);
  const saturday = Date.UTC(2026, 0, 10, 20);
  const weekly = Array.from({ length: 60 }, (_, week) => [
    [0, monday + 7 * week * day],
    [1, saturday + 7 * week * day],
    [2, monday + 7 * week * day],
    [2, saturday + 7 * week * day],
  ]).flat() as [number, number][];
  const timed = SignalSet.fit(
    {
      histories: {
        itemCount: 6,
        offsets: Int32Array.of(0, weekly.length),
        items: Int32Array.from(weekly, ([item]) => item),
        times: Float64Array.from(weekly, ([, time]) => time),
        ordered: true,
      },
      facts: {},
      models: ['a', 'b'],
      rowsInTimeOrder: false,
    },
    ['time'],
  );
  const at = (now?: number) =>
    features({ query: { items: new Int32Array(0), ...(now !== undefined && { now }) } }, timed);
  for (const column of ['time.hour', 'time.weekday']) {
    const [early, late] = [at(monday + 700 * day), at(saturday + 700 * day)];
    expect(early(column, 0)).toBeGreaterThan(0.4);
    expect(early(column, 1)).toBeLessThan(-0.5);
    expect(late(column, 1)).toBeGreaterThan(0.4);
    expect(early(column, 2)).toBeCloseTo(0, 1);
    for (let item = 0; item < 6; item++) expect(at()(column, item)).toBe(0);
  }
});

test('the visit says how long and how broad the history is and how sharp the models are, alike for all candidates', () => {
  const narrow = features({ query: { items: Int32Array.of(0, 0, 0, 1) } });
  const broad = features({ query: { items: Int32Array.of(0, 1) }, scores: new Float32Array(12).fill(1) });
  for (let item = 0; item < 6; item++) {
    expect(narrow('visit.length', item)).toBeCloseTo(Math.log(5), 6);
    expect(narrow('visit.repeats', item)).toBeCloseTo(0.5, 6);
    // The best of model a has 6 of 19, over six candidates.
    expect(narrow('visit.sharpness', item)).toBeCloseTo(Math.log((6 * 6) / 19), 5);
    expect(broad('visit.repeats', item)).toBe(0);
    expect(broad('visit.sharpness', item)).toBeCloseTo(0, 6);
  }
});

test('coming back counts for this session only where it was this session', () => {
  const at = features({ query: { items: Int32Array.of(2, 0, 1), sessions: Int32Array.of(1, 2, 2) } });
  expect([2, 0, 1].map((item) => at('repeat.session', item))).toEqual([0, 1, 1]);
});

test('one request leaves no trace in the next', () => {
  const before = features({})('repeat.seen', 2);
  features({ query: { items: Int32Array.of(2, 2, 3, -1, 99) } });
  expect(features({})('repeat.seen', 2)).toBe(before);
});

test('saved signals write the same numbers', () => {
  const loaded = SignalSet.load(set.state());
  expect(loaded.columns).toEqual(set.columns);
  const query = { items: Int32Array.of(3, 1), now: 4.4 * day };
  const [a, b] = [features({ query }), features({ query }, loaded)];
  for (const { name } of set.columns) for (let item = 0; item < 6; item++) expect(b(name, item)).toBe(a(name, item));
});

test('every number is finite, also for a stranger and without evidence', () => {
  for (const items of [[], [4], [0, 1, 2, 3, 5]]) {
    const at = features({ query: { items: Int32Array.from(items) }, scores: new Float32Array(12) });
    for (const { name } of set.columns)
      for (let item = 0; item < 6; item++) expect(Number.isFinite(at(name, item))).toBe(true);
  }
  expect(new Set(signalDefinitions.map(({ name }) => name)).size).toBe(signalDefinitions.length);
});
