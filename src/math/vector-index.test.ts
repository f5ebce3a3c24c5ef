import { expect, test } from 'vitest';
import { Random } from '../core/random.ts';
import { Best } from './best.ts';
import type { DenseMath } from './dense-math.ts';
import { VectorIndex } from './vector-index.ts';

/** Products as the definition says, for what the index is made with. */
const dense: DenseMath = {
  name: 'plain',
  async matmul({ a, b, m, k, n, out }) {
    for (let r = 0; r < m; r++)
      for (let c = 0; c < n; c++) {
        let sum = 0;
        for (let f = 0; f < k; f++) sum += a[r * k + f]! * b[c * k + f]!;
        out[r * n + c] = sum;
      }
  },
  close: async () => {},
};
const d = 8;

/** Vectors about directions that many of them share, some longer than others; and queries of the same kind. */
function planted(items: number, queries: number): { vectors: Float32Array; examples: Float32Array } {
  const random = new Random(items);
  const directions = Float32Array.from({ length: 64 * d }, () => random.normal());
  const near = (length: number): number[] => {
    const c = random.below(64);
    return Array.from({ length: d }, (_, f) => length * (directions[c * d + f]! + 0.5 * random.normal()));
  };
  const vectors = Float32Array.from(Array.from({ length: items }, () => near(0.3 + random.uniform() ** 4)).flat());
  return { vectors, examples: Float32Array.from(Array.from({ length: queries }, () => near(1)).flat()) };
}

function found(index: VectorIndex, query: Float32Array, k: number, taken = (_: number) => true) {
  const best = new Best(k);
  const read = index.scan(query, k, (item, product) => {
    if (!taken(item)) return false;
    best.offer(item, product);
    return true;
  });
  return { ...best.ranked(), read };
}

async function measured(items: number): Promise<{ index: VectorIndex; recall: number; read: number }> {
  const { vectors, examples } = planted(items, 60);
  const asked = examples.subarray(40 * d);
  const exact = await VectorIndex.exact(vectors, d);
  const index = await exact.grouped({ dense, seed: 1, examples: examples.subarray(0, 40 * d) });
  let [hits, read] = [0, 0];
  for (let q = 0; q < 20; q++) {
    const query = asked.subarray(q * d, (q + 1) * d);
    const right = new Set(found(exact, query, 100).items);
    const answer = found(index, query, 100);
    hits += answer.items.filter((item) => right.has(item)).length;
    read += answer.read / d / 20;
  }
  return { index, recall: hits / 2000, read };
}

test('nearly all of the exact answer is found, and of nine times as many vectors far fewer than nine times as many are read', async () => {
  const few = await measured(6_000);
  const many = await measured(54_000);
  for (const { index, recall } of [few, many]) {
    expect(index.probes).toBeGreaterThan(0);
    expect(recall).toBeGreaterThan(0.98);
  }
  expect(many.read / few.read).toBeLessThan(5);
  expect(many.read).toBeLessThan(54_000 / 5);
});

test('few vectors are all looked at, and so are many where not enough of what is found may be taken', async () => {
  const { vectors, examples } = planted(200, 8);
  const small = await (await VectorIndex.exact(vectors, d)).grouped({ dense, seed: 1, examples });
  expect([small.probes, found(small, examples.subarray(0, d), 300).items.length]).toEqual([0, 200]);
  const { index } = await measured(6_000);
  const { items } = found(index, examples.subarray(0, d), 50, (item) => item % 100 === 7);
  expect([...items].toSorted((a, b) => a - b)).toHaveLength(50);
});

test('saved and loaded it finds the same, and two that are made alike are alike', async () => {
  const { index, recall } = await measured(6_000);
  const again = await measured(6_000);
  expect([again.recall, again.index.state()]).toEqual([recall, index.state()]);
  const { vectors, examples } = planted(6_000, 60);
  const { arrays, meta } = index.state();
  const loaded = await VectorIndex.load(vectors, d, arrays, meta.probes);
  const query = examples.subarray(0, d);
  expect(found(loaded, query, 100)).toEqual(found(index, query, 100));
});

test.each([1, 3, 4, 17, 64, 131])(
  'products of given items are those of the definition, for vectors of %i',
  async (length) => {
    const random = new Random(length);
    const vectors = Float32Array.from({ length: 50 * length }, () => random.normal());
    const query = Float32Array.from({ length }, () => random.normal());
    const index = await VectorIndex.exact(vectors, length);
    const items = Int32Array.from({ length: 9_000 }, () => random.below(50));
    const out = new Float32Array(items.length);
    index.products(items, query, out);
    for (let n = 0; n < items.length; n += 97) {
      let sum = 0;
      for (let f = 0; f < length; f++) sum += vectors[items[n]! * length + f]! * query[f]!;
      expect(Math.abs(out[n]! - sum)).toBeLessThan(2e-5);
      expect(index.product(items[n]!, query)).toBeCloseTo(sum, 9);
    }
  },
);
