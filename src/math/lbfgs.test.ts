import { expect, test } from 'vitest';
import { minimizeLbfgs } from './lbfgs.ts';

test('finds the minimum of an ill-conditioned quadratic', async () => {
  const scales = [1, 10, 100, 1000];
  const { x, value, converged } = await minimizeLbfgs((at, gradient) => {
    let sum = 0;
    for (const [i, s] of scales.entries()) {
      sum += 0.5 * s * (at[i]! - i) ** 2;
      gradient[i] = s * (at[i]! - i);
    }
    return sum;
  }, new Float64Array(4));
  expect(converged).toBe(true);
  expect(value).toBeLessThan(1e-8);
  for (let i = 0; i < 4; i++) expect(x[i]).toBeCloseTo(i, 4);
});

test('does not call it converged where no step lowers the value', async () => {
  // A gradient of the wrong sign: every step along it goes uphill.
  const wrong = await minimizeLbfgs((at, gradient) => {
    gradient[0] = -2 * at[0]!;
    return at[0]! ** 2;
  }, Float64Array.of(3));
  expect(wrong).toMatchObject({ converged: false, value: 9 });
  const short = await minimizeLbfgs(
    (at, gradient) => {
      gradient[0] = 4 * at[0]! ** 3;
      return at[0]! ** 4;
    },
    Float64Array.of(5),
    { maxIterations: 2 },
  );
  expect(short.converged).toBe(false);
});

test('follows the curved valley of Rosenbrock', async () => {
  const { x } = await minimizeLbfgs(
    ([a, b], gradient) => {
      gradient[0] = -2 * (1 - a!) - 400 * a! * (b! - a! * a!);
      gradient[1] = 200 * (b! - a! * a!);
      return (1 - a!) ** 2 + 100 * (b! - a! * a!) ** 2;
    },
    Float64Array.of(-1.2, 1),
    { maxIterations: 500, valueTolerance: 1e-16 },
  );
  expect(x[0]).toBeCloseTo(1, 4);
  expect(x[1]).toBeCloseTo(1, 4);
});
