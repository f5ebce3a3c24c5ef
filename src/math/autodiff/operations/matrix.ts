/** Products of matrices. */
import { numbers } from '../indexing.ts';
import { isSameShape, make, type Numbers, type Operation, refuse, shapeText, sizeOf, type Tensor } from '../tensor.ts';
import { reshape } from './shaping.ts';

interface Product {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly scale: number;
}

const productOf: Operation<Product> = {
  name: 'matmul',
  evaluate: ({ inputs, attributes: { transposeA, transposeB, scale }, shape }, [a, b]) => {
    const [m, n] = shape.slice(-2) as [number, number];
    const [rows, columns] = inputs[0]!.shape.slice(-2) as [number, number];
    const k = transposeA ? rows : columns;
    const out = numbers(sizeOf(shape));
    for (let batch = 0; batch < sizeOf(shape) / (m * n); batch++) {
      const left = a!.subarray(batch * m * k, (batch + 1) * m * k);
      const right = b!.subarray(batch * k * n, (batch + 1) * k * n);
      const rows = transposeA ? turned(left, k, m) : left;
      const columns = transposeB ? right : turned(right, k, n);
      products(rows, columns, out.subarray(batch * m * n, (batch + 1) * m * n), { m, k, n });
    }
    if (scale !== 1) for (let at = 0; at < out.length; at++) out[at]! *= scale;
    return [out];
  },
  emit: (to, { inputs, attributes: { transposeA, transposeB, scale }, shape }, names) => {
    if (shape.length === 2) {
      const transposes = { transA: { int: Number(transposeA) }, transB: { int: Number(transposeB) } };
      return to.node('Gemm', names, { ...transposes, alpha: { float: scale } });
    }
    if (!to.isStandard) {
      const transposes = { transA: { int: Number(transposeA) }, transB: { int: Number(transposeB) } };
      return to.node('FusedMatMul', names, { ...transposes, alpha: { float: scale } }, { domain: 'com.microsoft' });
    }
    const rank = shape.length;
    const swap = [...Array(rank - 2).keys(), rank - 1, rank - 2];
    const turned = [transposeA, transposeB].map((turns, n) =>
      turns ? to.node('Transpose', [names[n]!], { perm: { ints: swap } })[0]! : names[n]!,
    );
    const product = to.node('MatMul', turned);
    return scale === 1 || inputs.length === 0 ? product : to.node('Mul', [product[0]!, to.floats([scale])]);
  },
  gradient: ({ inputs: [a, b], attributes: { transposeA: tA, transposeB: tB, scale } }, [g]) => {
    if (!g) return [];
    const times = (x: Tensor, y: Tensor, transposeA: boolean, transposeB: boolean): Tensor =>
      batched(x, y, { transposeA, transposeB, scale });
    return [
      tA ? times(b!, g, tB, true) : times(g, b!, false, !tB),
      tB ? times(g, a!, true, tA) : times(a!, g, !tA, false),
    ];
  },
};

/** Rows and columns change places. */
function turned(values: Numbers, rows: number, columns: number): Numbers {
  const out = numbers(values.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = values[r * columns + c]!;
  return out;
}

/** Each row with each column, four columns at once: one sum by itself would wait for its last addition. */
function products(
  rows: Numbers,
  columns: Numbers,
  out: Numbers,
  { m, k, n }: { readonly m: number; readonly k: number; readonly n: number },
): void {
  for (let i = 0; i < m; i++) {
    const from = i * k;
    let j = 0;
    for (; j + 4 <= n; j += 4) {
      const c0 = j * k;
      const c1 = c0 + k;
      const c2 = c1 + k;
      const c3 = c2 + k;
      let t0 = 0;
      let t1 = 0;
      let t2 = 0;
      let t3 = 0;
      for (let p = 0; p < k; p++) {
        const value = rows[from + p]!;
        t0 += value * columns[c0 + p]!;
        t1 += value * columns[c1 + p]!;
        t2 += value * columns[c2 + p]!;
        t3 += value * columns[c3 + p]!;
      }
      const at = i * n + j;
      out[at] = t0;
      out[at + 1] = t1;
      out[at + 2] = t2;
      out[at + 3] = t3;
    }
    for (; j < n; j++) {
      let total = 0;
      for (let p = 0; p < k; p++) total += rows[from + p]! * columns[j * k + p]!;
      out[i * n + j] = total;
    }
  }
}

function batched(a: Tensor, b: Tensor, how: Product): Tensor {
  const [m, k] = sides(a.shape, how.transposeA);
  const [k2, n] = sides(b.shape, how.transposeB);
  if (k !== k2 || !isSameShape(a.shape.slice(0, -2), b.shape.slice(0, -2)))
    refuse('matmul', 'matrices that fit', `${shapeText(a.shape)} and ${shapeText(b.shape)}`);
  return make(productOf, [a, b], { shape: [...a.shape.slice(0, -2), m, n], type: 'float' }, how);
}

function sides(shape: readonly number[], transposes: boolean): [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transposes ? [columns, rows] : [rows, columns];
}

/**
 * `scale · op(a) op(b)` of the last two axes; those before are batches, alike in both, or `b` is one matrix for all of them.
 *
 * @param a - `[..., m, k]`, or `[..., k, m]` with `transposeA`
 * @param b - `[..., k, n]`, or `[..., n, k]` with `transposeB`
 */
export function matmul(a: Tensor, b: Tensor, how: Partial<Product> = {}): Tensor {
  const whole = { transposeA: false, transposeB: false, scale: 1, ...how };
  if (a.shape.length < 2 || b.shape.length < 2)
    refuse('matmul', 'matrices', `${shapeText(a.shape)} and ${shapeText(b.shape)}`);
  if (b.shape.length > 2 || a.shape.length === 2 || whole.transposeA) return batched(a, b, whole);
  const rows = reshape(a, [-1, a.shape.at(-1)!]);
  const product = batched(rows, b, whole);
  return reshape(product, [...a.shape.slice(0, -1), product.shape[1]!]);
}
