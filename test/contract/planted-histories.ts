/**
 * Small histories whose right answers are known: shoppers who stay within their own block of items (a checkerboard),
 * under item numbers that say nothing.
 */
import { Random } from '../../src/core/random.ts';
import type { Histories } from '../../src/data/histories.ts';

export interface PlantedHistories {
  readonly histories: Histories;
  /** Shape `[blocks][size]`, item indices. */
  readonly blocks: readonly (readonly number[])[];
  /** The item that no row holds. */
  readonly neverSeen: number;
  /** Two items that stand in the same rows with the same weights, where rows have no order. */
  readonly twins: readonly [number, number];
}

/** Blocks of 8 items, 5 by default; 40 rows a block, each with 5 of its items; twins belong to the first block. */
export function plantedHistories(ordered: boolean, seed = 17, blockCount = 5): PlantedHistories {
  const random = new Random(seed);
  const [size, rowsPerBlock, length] = [8, 40, 5];
  const names = random.shuffle(Int32Array.from({ length: blockCount * size + 2 }, (_, i) => i));
  const blocks = Array.from({ length: blockCount }, (_, b) => [...names.subarray(b * size, (b + 1) * size)]);
  const [neverSeen, twin] = [...names.subarray(blockCount * size)] as [number, number];
  const rows: number[][] = [];
  for (let n = 0; n < rowsPerBlock; n++) {
    for (const block of blocks) {
      const row = random.shuffle([...block]).slice(0, length);
      const place = row.indexOf(blocks[0]![0]!);
      if (place >= 0) row.splice(place, 0, twin);
      rows.push(row);
    }
  }
  return {
    histories: historiesOfRows(rows, blockCount * size + 2, ordered),
    blocks: blocks.map((block, b) => (b === 0 ? [...block, twin] : block)),
    neverSeen,
    twins: [blocks[0]![0]!, twin],
  };
}

export function historiesOfRows(rows: readonly (readonly number[])[], itemCount: number, ordered: boolean): Histories {
  const offsets = new Int32Array(rows.length + 1);
  for (const [r, row] of rows.entries()) offsets[r + 1] = offsets[r]! + row.length;
  return { itemCount, offsets, items: Int32Array.from(rows.flat()), ordered };
}
