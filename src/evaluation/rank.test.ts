import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rankCase, rankCases } from './rank.ts';

const items = (...values: number[]): Int32Array => Int32Array.from(values);

/** Mean rank of each target over every order that ties could take, sorted within each order. */
function expectedRanks(scores: readonly number[], targets: readonly number[], masked: readonly number[]): number[] {
  const open = scores.map((_, i) => i).filter((i) => !masked.includes(i));
  const sums = targets.map(() => 0);
  let orders = 0;
  const place = (left: number[], placed: number[]): void => {
    if (left.length === 0) {
      orders++;
      const ranks = targets.map((t) => placed.indexOf(t) + 1).sort((a, b) => a - b);
      ranks.forEach((rank, t) => {
        sums[t]! += rank;
      });
      return;
    }
    const best = Math.max(...left.map((i) => scores[i]!));
    for (const i of left.filter((j) => scores[j] === best))
      place(
        left.filter((j) => j !== i),
        [...placed, i],
      );
  };
  place(open, []);
  return sums.map((sum) => sum / orders);
}

describe('ranking', () => {
  test('a tied answer stands at the mean of the ranks it could take, several at their expected places', () => {
    const cases = fc
      .tuple(
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 2, maxLength: 7 }),
        fc.integer(),
        fc.integer({ min: 1, max: 3 }),
      )
      .map(([scores, salt, count]) => {
        const order = scores.map((_, i) => i).sort((a, b) => ((a * 7 + salt) % 5) - ((b * 7 + salt) % 5) || a - b);
        const targets = order.slice(0, Math.min(count, scores.length));
        return { scores, targets, masked: order.slice(targets.length, targets.length + (Math.abs(salt) % 2)) };
      });
    fc.assert(
      fc.property(cases, ({ scores, targets, masked }) => {
        const found = rankCase(Float32Array.from(scores), { targets: items(...targets), masked: items(...masked) }, 7);
        const expected = expectedRanks(scores, targets, masked);
        found.ranks.forEach((rank, t) => {
          expect(rank).toBeCloseTo(expected[t]!, 9);
        });
      }),
    );
  });

  test('a constant scorer stands exactly where chance puts it', () => {
    const { ranks } = rankCase(new Float32Array(101), { targets: items(17), masked: items() }, 20);
    expect(ranks[0]).toBe(51);
    const two = rankCase(new Float32Array(101), { targets: items(3, 90), masked: items() }, 20);
    expect([...two.ranks]).toEqual([34, 68]);
    const masked = rankCase(new Float32Array(101), { targets: items(17), masked: items(0, 1) }, 20);
    expect(masked.ranks[0]).toBe(50);
  });

  test('a short list gives the ranks that a full sort gives, past it for the best answer only', () => {
    const scores = Float32Array.from({ length: 100 }, (_, i) => 100 - i);
    const { ranks, list } = rankCase(scores, { targets: items(60, 2, 80), masked: items() }, 10);
    expect([...ranks]).toEqual([3, Infinity, Infinity]);
    expect([...list]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const deep = rankCase(scores.slice(), { targets: items(80, 60), masked: items(0) }, 10);
    expect([...deep.ranks]).toEqual([60, Infinity]);
  });

  test('a masked answer is a miss and never on the list', () => {
    const { ranks, list } = rankCase(Float32Array.of(3, 2, 1), { targets: items(0), masked: items(0) }, 2);
    expect(ranks[0]).toBe(Infinity);
    expect([...list]).toEqual([1, 2]);
  });

  test('a score that is no number is refused, whatever its place', async () => {
    const scorer = {
      name: 'broken',
      itemCount: 7,
      async score(_: unknown, out: Float32Array): Promise<void> {
        out.fill(1);
        out[6] = Number.NaN;
      },
    };
    const asked = rankCases(scorer, [{ query: { items: items() }, targets: items(0), masked: items() }], { depth: 3 });
    await expect(asked).rejects.toMatchObject({ code: 'SW_MODEL_STATE', message: expect.stringContaining('item 6') });
  });

  test('batches give the same ranks as one query at a time, and a sample stands against its items only', async () => {
    const scorer = {
      name: 'modulo',
      itemCount: 50,
      async score(queries: readonly { items: Int32Array }[], out: Float32Array): Promise<void> {
        queries.forEach(({ items: [seed] }, b) => {
          for (let i = 0; i < 50; i++) out[b * 50 + i] = (i * 7 + seed! * 12) % 50;
        });
      },
    };
    const cases = Array.from({ length: 23 }, (_, n) => ({
      query: { items: items(n) },
      targets: items(n),
      masked: items(),
    }));
    const one = await rankCases(scorer, cases, { depth: 5, batch: 1 });
    const many = await rankCases(scorer, cases, { depth: 5, batch: 8 });
    expect(many).toEqual(one);
    expect(new Set(one.map(({ ranks }) => ranks[0])).size).toBeGreaterThan(10);
    const alone = await rankCases(scorer, cases, { depth: 5, sample: () => items() });
    expect(alone.every(({ ranks }) => ranks[0] === 1)).toBe(true);
  });
});
