/**
 * Fitting implicit ALS on Gowalla beside the package `implicit`: the same matrix, factors, sweeps, conjugate gradient
 * steps, confidence and ridge, two threads each. Both lists are judged by Recall@20 on the given test.
 *
 * node bench/als-implicit.ts [--rounds 3] [--json]
 */
import { als } from '../src/models/als.ts';
import { compareOnGowalla } from './peers/gowalla-implicit.ts';

const alpha = 40;
const ridge = 10;
await compareOnGowalla({
  name: 'als-implicit',
  definition: als,
  // A ridge that is the same for every row is a share of the mean confidence in a user's choices; see als.ts.
  settings: (meanLength) => ({
    factors: 128,
    iterations: 15,
    solverSteps: 3,
    alpha,
    regularisation: ridge / (alpha * meanLength),
    frequencyExponent: 0,
  }),
  peer: { kind: 'als', settings: { factors: 128, iterations: 15, alpha, regularisation: ridge } },
});
