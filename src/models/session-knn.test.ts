import { describe, expect, test } from 'vitest';
import { Random } from '../core/random.ts';
import type { Histories, Query } from '../data/histories.ts';
import { absent } from './absent.ts';
import type { Compute, Model, Setting } from './model.ts';
import { modelSettings } from './registry.ts';
import { sessionKnn } from './session-knn.ts';

type Chosen = Readonly<Record<string, Setting>>;
const compute = { threads: 1 } as Compute;
const fitOn = (histories: Histories, chosen: Chosen = {}): Promise<Model> =>
  sessionKnn.fit({ histories }, modelSettings(sessionKnn, chosen), { compute, seed: 1 });

function sessionsOf(rows: readonly (readonly number[])[], itemCount: number): Histories {
  const offsets = new Int32Array(rows.length + 1);
  for (const [r, row] of rows.entries()) offsets[r + 1] = offsets[r]! + row.length;
  return { itemCount, offsets, items: Int32Array.from(rows.flat()), ordered: true };
}

/** 0 for what is absent: it adds nothing to a sum. */
async function scoresOf(model: Model, query: Query): Promise<number[]> {
  const out = new Float32Array(model.itemCount);
  await model.score([query], out);
  return Array.from(out, (score) => (score > absent ? score : 0));
}

const plain: Chosen = { ownItems: 'drop', shrink: 0, sharedExponent: 0, targetExponent: 0, lengthExponent: 0 };
const asking = (...items: number[]): Query => ({ items: Int32Array.from(items) });

describe('session-knn', () => {
  test('STAN scores are those of the definition', async () => {
    const rows = [
      [0, 1, 2],
      [3, 0],
      [4, 5],
      [1, 3, 3],
    ];
    const settings = { positionDecay: 1, ageDecay: 0.5, distanceDecay: 2, lengthExponent: 0.5 };
    const model = await fitOn(sessionsOf(rows, 6), { ...plain, ...settings });
    // Asked with 0 then 1: the newest shared item is 1 (step 0) in sessions 0 and 3, and 0 (step 1) in session 1.
    const age = (s: number): number => Math.exp((s - 4) / 2);
    const similarity = [
      ((1 + Math.exp(-1)) * age(0)) / Math.sqrt(3),
      (Math.exp(-1) * age(1)) / Math.sqrt(2),
      0,
      age(3) / Math.sqrt(3),
    ];
    const near = Math.exp(-1 / 2);
    const votes = [0, 0, similarity[0]! * near, similarity[1]! * near + similarity[3]! * (near + near ** 2), 0, 0];
    const total = votes.reduce((a, b) => a + b);
    const scores = await scoresOf(model, asking(0, 1));
    for (const [item, vote] of votes.entries()) expect(scores[item]).toBeCloseTo(vote / total, 6);
  });

  test('VS-kNN prefers the rarer of two items that the same sessions hold', async () => {
    const rows = [[0, 1, 2], [0, 2, 1], [2], [2], [3]];
    const scores = await scoresOf(await fitOn(sessionsOf(rows, 4), { ...plain, form: 'vsknn' }), asking(0));
    expect(scores[1]! / scores[2]!).toBeCloseTo(Math.log(6 / 2) / Math.log(6 / 4), 5);
  });

  test('only the newest sessions of an item are looked at, and only the nearest of them vote', async () => {
    const rows = [
      [0, 1],
      [0, 2],
      [0, 3, 9],
      [0, 4, 9],
    ];
    const held = async (chosen: Chosen, ...items: number[]) =>
      [...(await scoresOf(await fitOn(sessionsOf(rows, 10), { ...plain, ...chosen }), asking(...items))).entries()]
        .filter(([, score]) => score > 0)
        .map(([item]) => item);
    expect(await held({}, 0)).toEqual([1, 2, 3, 4, 9]);
    expect(await held({ sample: 2 }, 0)).toEqual([3, 4, 9]);
    expect(await held({ neighbours: 1 }, 0)).toEqual([4, 9]);
    expect(await held({ neighbours: 2 }, 9, 0)).toEqual([3, 4]);
  });

  test('the rates at which sessions return to their own items are learned and stand beside the votes', async () => {
    const random = new Random(4);
    // Half of the sessions go back to the item two positions before; none stays on the last one.
    const rows = Array.from({ length: 400 }, () => {
      const [a, b, c] = random.shuffle(Array.from({ length: 20 }, (_, i) => i)) as [number, number, number];
      return random.uniform() < 0.5 ? [a, b, a] : [a, b, c];
    });
    const model = await fitOn(sessionsOf(rows, 20));
    const scores = await scoresOf(model, asking(7, 3));
    expect(scores[7]).toBeGreaterThan(0.4);
    expect(scores[7]).toBeLessThan(0.6);
    expect(scores[3]).toBe(0);
    expect(scores.indexOf(Math.max(...scores))).toBe(7);
    expect(model.explain!(asking(7, 3), 7)).toEqual([{ position: 0, value: expect.closeTo(scores[7]!, 6) }]);
    const dropped = await scoresOf(await fitOn(sessionsOf(rows, 20), { ownItems: 'drop' }), asking(7, 3));
    expect(dropped[7]).toBe(0);
    const first = await scoresOf(await fitOn(sessionsOf(rows, 20), { ownItems: 'first' }), asking(7, 3));
    expect([first.indexOf(Math.max(...first)), first[7]! > 1]).toEqual([3, true]);
  });

  test('few neighbours look less certain than many', async () => {
    const rows = [[0, 1], ...Array.from({ length: 50 }, () => [2, 3])];
    const model = await fitOn(sessionsOf(rows, 4));
    expect((await scoresOf(model, asking(0)))[1]).toBeLessThan(0.3 * (await scoresOf(model, asking(2)))[3]!);
  });

  test('rows that span sessions are cut into them and stand in time order; only the last session is asked about', async () => {
    const rows = sessionsOf(
      [
        [0, 1, 0, 2],
        [0, 3],
      ],
      4,
    );
    const times = Float64Array.of(50, 51, 10, 11, 30, 31);
    const model = await fitOn(
      { ...rows, sessions: Int32Array.of(0, 0, 1, 1, 0, 0), times },
      { ...plain, ageDecay: 0.2 },
    );
    const scores = await scoresOf(model, asking(0));
    expect(scores[1]! > scores[3]! && scores[3]! > scores[2]! && scores[2]! > 0).toBe(true);
    const later = { items: Int32Array.of(3, 0), sessions: Int32Array.of(4, 5) };
    expect(await scoresOf(model, later)).toEqual(scores);
  });

  test('many queries leave nothing behind in the scratch', async () => {
    const random = new Random(8);
    const rows = Array.from({ length: 300 }, () => Array.from({ length: 1 + random.below(6) }, () => random.below(40)));
    const chosen = { neighbours: 20, positionDecay: 0.01, historyLength: 5 };
    const model = await fitOn(sessionsOf(rows, 40), chosen);
    const queries = rows.slice(0, 100).map((row) => asking(...row, ...row));
    const first = await Promise.all(queries.map((query) => scoresOf(model, query)));
    const fresh = await fitOn(sessionsOf(rows, 40), chosen);
    for (const n of [99, 40, 3]) expect(await scoresOf(fresh, queries[n]!)).toEqual(first[n]);
  });
});
