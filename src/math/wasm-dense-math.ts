/** Dense algebra by the wasm kernels: always there, a few times slower than ONNX Runtime. */
import type { DenseMath } from './dense-math.ts';
import { KernelPool } from './kernels/kernel-pool.ts';

export async function openWasmDenseMath(threads: number): Promise<DenseMath> {
  return new WasmDenseMath(await KernelPool.open(threads));
}

class WasmDenseMath implements DenseMath {
  readonly name = 'wasm';
  readonly #pool: KernelPool;
  /** One product at a time owns the pool's memory. */
  #turn: Promise<void> = Promise.resolve();

  constructor(pool: KernelPool) {
    this.#pool = pool;
  }

  matmul(product: Parameters<DenseMath['matmul']>[0]): Promise<void> {
    const mine = this.#turn.then(() => this.#multiply(product));
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #multiply({
    a,
    b,
    m,
    k,
    n,
    transposeA = false,
    transposeB = false,
    out,
  }: Parameters<DenseMath['matmul']>[0]): Promise<void> {
    if (m === 0 || n === 0) return;
    const pool = this.#pool;
    pool.reset();
    const panels = Math.ceil(n / 16);
    const blocks = Math.ceil(m / 4);
    const packed = pool.f32(panels * 16 * k);
    await pool.run('packPanels', panels, [pool.f32(b.subarray(0, k * n)), k, n, Number(transposeB), packed]);
    const left = pool.f32(blocks * 4 * k);
    if (transposeA) for (let r = 0; r < m; r++) for (let p = 0; p < k; p++) left[r * k + p] = a[p * m + r]!;
    else left.set(a.subarray(0, m * k));
    const result = pool.f32(blocks * 4 * n);
    await pool.run('gemmBlocks', blocks, [left, packed, result, k, n, pool.f32(16 * pool.threads)], { chunk: 64 });
    out.set(result.subarray(0, m * n));
  }
}
