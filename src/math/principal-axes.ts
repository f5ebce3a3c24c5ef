/**
 * The directions in which rows differ most, by subspace iteration on their gram matrix: only that of the columns, which are
 * few, is ever turned.
 *
 * @source Halko, Martinsson & Tropp, Finding structure with randomness, SIAM Review 2011
 */
import { Random } from '../core/random.ts';
import type { DenseMath } from './dense-math.ts';
import { symmetricEigen } from './symmetric-eigen.ts';
import { gramOf, orthonormal, randomSigns } from './truncated-svd.ts';

const iterations = 6;
const oversampling = 16;

/**
 * @param rows - shape `[n, width]`, row-major
 * @param rank - axes that are wanted, at most `width`
 * @returns shape `[width, rank]`, orthonormal columns, the direction of most first
 */
export async function principalAxes(
  rows: Float32Array,
  width: number,
  rank: number,
  { dense, seed }: { readonly dense: DenseMath; readonly seed: number },
): Promise<Float32Array> {
  const gram = Float32Array.from(await gramOf(rows, rows.length / width, width, dense));
  const block = Math.min(width, Math.ceil((rank + oversampling) / 4) * 4);
  let q = await orthonormal(randomSigns(width * block, new Random(seed, 0xa8e5)), width, block, dense);
  const turned = new Float32Array(width * block);
  const times = (): Promise<void> => dense.matmul({ a: gram, b: q, m: width, k: width, n: block, out: turned });
  for (let iteration = 0; iteration < iterations; iteration++) {
    await times();
    q = await orthonormal(turned.slice(), width, block, dense);
  }
  await times();
  const small = new Float32Array(block * block);
  await dense.matmul({ a: q, b: turned, m: block, k: width, n: block, transposeA: true, out: small });
  const symmetric = Float64Array.from(small, (value, n) => {
    const [r, c] = [Math.floor(n / block), n % block];
    return (value + small[c * block + r]!) / 2;
  });
  const { vectors } = symmetricEigen(symmetric, block);
  const out = new Float32Array(width * rank);
  const turn = Float32Array.from(vectors.subarray(0, rank * block));
  await dense.matmul({ a: q, b: turn, m: width, k: block, n: rank, transposeB: true, out });
  return out;
}
