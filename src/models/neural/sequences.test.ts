import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Random } from '../../core/random.ts';
import { unseen } from '../../math/training/layers.ts';
import { emptyBatch, fillBatch } from './sequence-batch.ts';
import {
  alterations,
  altered,
  heldRows,
  hiddenItems,
  nextItems,
  packed,
  shuffledRows,
  windowsOf,
  withoutHeld,
} from './sequences.ts';

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

  test('leave out the steps that are held back', () => {
    const histories = rowsOf([
      [1, 2, 3],
      [4, 5],
      [6, 7, 8, 9],
    ]);
    const windows = windowsOf(histories, 9);
    expect(withoutHeld(windows, histories, new Set([1, 2]))).toEqual([
      { from: 0, to: 2 },
      { from: 5, to: 7 },
    ]);
  });

  test('of an epoch are packed without a loss, each in one row, none over another', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 4 }), fc.nat(), (given, rows, epoch) => {
        const sequences = given.map((size) => nextItems({ from: 0, to: size }));
        const packing = { rows, length: 9, seed: 1, epoch };
        const batches = packed(sequences, packing);
        const all = batches.flat().map(({ sequence }) => sequence);
        expect(new Set(all)).toEqual(new Set(sequences));
        expect(all.length).toBe(sequences.length);
        for (const batch of batches) {
          const taken = new Set<string>();
          for (const { sequence, row, at } of batch)
            for (let p = at; p < at + sequence.read.length; p++) {
              expect(p).toBeLessThan(9);
              expect(row).toBeLessThan(rows);
              expect(taken.has(`${row} ${p}`)).toBe(false);
              taken.add(`${row} ${p}`);
            }
        }
        expect(packed(sequences, packing)).toEqual(batches);
        for (const batch of packed(sequences, { ...packing, most: 2 })) expect(batch.length).toBeLessThanOrEqual(2);
      }),
    );
  });

  test('in one row see themselves and what came before, and nothing of each other', () => {
    const placed = [
      { sequence: nextItems({ from: 0, to: 2 }), row: 0, at: 0 },
      { sequence: nextItems({ from: 3, to: 4 }), row: 0, at: 2 },
    ];
    const batch = emptyBatch(1, 4);
    const source = { items: Int32Array.of(1, 2, 3, 4, 5), marks: {}, looksAhead: false };
    fillBatch(batch, placed, source, 4);
    expect([...batch.items].map(Number)).toEqual([1, 2, 4, 0]);
    expect([...batch.targets].map(Number)).toEqual([2, 3, 5, 0]);
    expect([...batch.weights]).toEqual([1, 1, 1, 0]);
    expect([...batch.begins]).toEqual([1, 0, 1, 0]);
    // Counted from the end of each.
    expect([...batch.places].map(Number)).toEqual([1, 0, 0, 0]);
    const seen = [...batch.mask].map((value) => Number(value !== unseen));
    expect(seen).toEqual([1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
    fillBatch(batch, placed, { ...source, looksAhead: true }, 4);
    const both = [...batch.mask].map((value) => Number(value !== unseen));
    expect(both).toEqual([1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
  });

  test('that are hidden from are foreseen where they are hidden, and say nothing of themselves', () => {
    const random = new Random(1);
    let hiddenItemsCount = 0;
    let lastAlone = 0;
    for (let n = 0; n < 400; n++) {
      const { read, foreseen, hidden } = hiddenItems({ from: 10, to: 19 }, 0.3, random);
      expect([...read]).toEqual(Array.from({ length: 10 }, (_, p) => 10 + p));
      expect([...foreseen]).toEqual([...read].map((position, p) => (hidden![p] === 1 ? position : -1)));
      const count = hidden!.reduce((total, is) => total + is, 0);
      expect(count).toBeGreaterThan(0);
      if (count === 1 && hidden![9] === 1) lastAlone++;
      hiddenItemsCount += count;
    }
    expect(lastAlone).toBeGreaterThan(80);
    expect(lastAlone).toBeLessThan(140);
    expect(hiddenItemsCount / 4000).toBeGreaterThan(0.2);
    const batch = emptyBatch(1, 3);
    const sequence = { read: Int32Array.of(0, 1), foreseen: Int32Array.of(-1, 1), hidden: Uint8Array.of(0, 1) };
    const marks = { kind: Uint8Array.of(3, 4), since: Uint8Array.of(0, 7), moment: Uint8Array.of(5, 6) };
    const source = { items: Int32Array.of(8, 9), marks, looksAhead: true };
    fillBatch(batch, [{ sequence, row: 0, at: 0 }], source, 3);
    expect([...batch.items].map(Number)).toEqual([8, 0, 0]);
    expect([...batch.hidden]).toEqual([0, 1, 0]);
    expect([...batch.kind].map(Number)).toEqual([3, 0, 0]);
    expect([...batch.moment].map(Number)).toEqual([0, 6, 0]);
    expect([...batch.since].map(Number)).toEqual([0, 7, 0]);
    expect([...batch.until].map(Number)).toEqual([0, 0, 0]);
  });

  test('are told how long after the last position, and when, something is asked', () => {
    const batch = emptyBatch(1, 2);
    const marks = { since: Uint8Array.of(0, 7, 8), moment: Uint8Array.of(5, 6, 4) };
    const source = { items: Int32Array.of(1, 2, 3), marks, looksAhead: false };
    const sequence = nextItems({ from: 0, to: 2 });
    fillBatch(batch, [{ sequence, row: 0, at: 0 }], source, 2);
    expect([...batch.since].map(Number)).toEqual([0, 7]);
    expect([...batch.until].map(Number)).toEqual([7, 8]);
    expect([...batch.moment].map(Number)).toEqual([6, 4]);
    fillBatch(batch, [{ sequence: { ...sequence, isTimeless: true }, row: 0, at: 0 }], source, 2);
    expect([...batch.until, ...batch.moment].map(Number)).toEqual([0, 0, 0, 0]);
  });

  test.each(alterations)('that are altered (%s) keep what is foreseen at each place', (how) => {
    const plain = nextItems({ from: 20, to: 30 });
    const random = new Random(2);
    const forms = new Set<string>();
    for (let n = 0; n < 50; n++) {
      const { read, foreseen, hidden } = altered(plain, how, random);
      expect(foreseen.length).toBe(read.length);
      forms.add(`${read} ${hidden}`);
      const sorted = [...read].sort((a, b) => a - b);
      if (how === 'crop') {
        expect(read.length).toBe(6);
        expect([...foreseen]).toEqual([...read].map((position) => position + 1));
      } else {
        expect(sorted).toEqual([...plain.read]);
        expect([...foreseen]).toEqual([...plain.foreseen]);
      }
      if (how !== 'reorder') expect([...read]).toEqual(sorted);
      if (how !== 'mask') expect(hidden).toBeUndefined();
    }
    expect(forms.size).toBeGreaterThan(3);
    expect(altered(nextItems({ from: 0, to: 1 }), how, random).read.length).toBe(1);
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
