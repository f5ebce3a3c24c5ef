import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Best } from './best.ts';
import { topK } from './top-k.ts';

test('whatever the order of offers, the best are those of a sort: ties by the lower index, NaN never', () => {
  const scores = fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(Number.NaN)), { maxLength: 60 });
  fc.assert(
    fc.property(scores, fc.nat({ max: 70 }), fc.infiniteStream(fc.nat()), (values, k, draws) => {
      const row = Float32Array.from(values);
      const best = new Best(k);
      const left = [...row.keys()];
      while (left.length > 0) {
        const [item] = left.splice(draws.next().value! % left.length, 1);
        best.offer(item!, row[item!]!);
      }
      const { items, scores: kept } = best.ranked();
      expect([...items]).toEqual([...topK(row, k)]);
      expect([...kept]).toEqual([...items].map((item) => row[item]));
    }),
  );
});
