import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unseen } from '../../math/training/layers.ts';
import { emptyBatch, fillBatch, heldRows, packed, shuffledRows, windowsOf } from './windows.ts';

const rowsOf = (rows: readonly (readonly number[])[]) => ({
  itemCount: 100,
  items: Int32Array.from(rows.flat()),
  offsets: Int32Array.from([0, ...rows.map((_, n) => rows.slice(0, n + 1).flat().length)]),
  ordered: true,
});

describe('windows', () => {
  test('are the newest positions first, each with a next one', () => {
    const histories = rowsOf([[1, 2, 3, 4, 5, 6], [7], [], [8, 9]]);
    expect(windowsOf(histories, 3)).toEqual([
      { from: 2, to: 5 },
      { from: 0, to: 2 },
      { from: 7, to: 8 },
    ]);
  });

  test('of an epoch are packed without a loss, each in one row, none over another', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 4 }), fc.nat(), (given, rows, epoch) => {
        let from = 0;
        const windows = given.map((size) => {
          from += size + 1;
          return { from: from - size - 1, to: from - 1 };
        });
        const batches = packed(windows, { rows, length: 9, seed: 1, epoch });
        const all = batches.flat().map(({ window }) => window);
        expect(new Set(all)).toEqual(new Set(windows));
        expect(all.length).toBe(windows.length);
        for (const batch of batches) {
          const taken = new Set<string>();
          for (const { window, row, at } of batch)
            for (let p = at; p < at + window.to - window.from; p++) {
              expect(p).toBeLessThan(9);
              expect(row).toBeLessThan(rows);
              expect(taken.has(`${row} ${p}`)).toBe(false);
              taken.add(`${row} ${p}`);
            }
        }
        expect(packed(windows, { rows, length: 9, seed: 1, epoch })).toEqual(batches);
      }),
    );
  });

  test('in one row see themselves and what came before, and nothing of each other', () => {
    const histories = rowsOf([
      [1, 2, 3],
      [4, 5],
    ]);
    const batch = emptyBatch(1, 4);
    const placed = [
      { window: { from: 0, to: 2 }, row: 0, at: 0 },
      { window: { from: 3, to: 4 }, row: 0, at: 2 },
    ];
    fillBatch(batch, placed, histories.items, 4);
    expect([...batch.items].map(Number)).toEqual([1, 2, 4, 0]);
    expect([...batch.targets].map(Number)).toEqual([2, 3, 5, 0]);
    expect([...batch.weights]).toEqual([1, 1, 1, 0]);
    // Counted from the end of each.
    expect([...batch.places].map(Number)).toEqual([1, 0, 0, 0]);
    const seen = [...batch.mask].map((value) => Number(value !== unseen));
    expect(seen).toEqual([1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
  });

  test('of rows without an order are in another one each epoch, but for what is held back', () => {
    const histories = rowsOf([Array.from({ length: 30 }, (_, n) => n), [50, 51, 52]]);
    const one = shuffledRows(histories, { seed: 1, epoch: 0, held: new Set([1]) });
    const other = shuffledRows(histories, { seed: 1, epoch: 1, held: new Set([1]) });
    expect(one).not.toEqual(other);
    expect([...one.subarray(0, 30)].sort((a, b) => a - b)).toEqual([...histories.items.subarray(0, 30)]);
    expect(one[32]).toBe(52);
  });

  test('rows that are held back have something to be foreseen from', () => {
    const histories = rowsOf(Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? [1, 2, 3, 4] : [1, 2])));
    const held = heldRows(histories, 0.5, 100, 1);
    expect(held.length).toBe(10);
    for (const row of held) expect(row % 2).toBe(0);
    expect(heldRows(histories, 0.5, 3, 1).length).toBe(3);
  });
});
