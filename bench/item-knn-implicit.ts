/**
 * Fitting item-kNN on Gowalla beside the package `implicit`: plain cosine, 200 neighbours an item, two threads each. Both
 * lists are judged by Recall@20 on the given test.
 *
 * node bench/item-knn-implicit.ts [--rounds 3] [--json]
 */
import { itemKnn } from '../src/models/item-knn.ts';
import { compareOnGowalla } from './peers/gowalla-implicit.ts';

await compareOnGowalla({
  name: 'item-knn-implicit',
  definition: itemKnn,
  settings: () => ({ neighbours: 200, shrink: 0, userExponent: 0 }),
  peer: { kind: 'item-knn', settings: { neighbours: 200 } },
});
