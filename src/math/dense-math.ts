/**
 * Dense matrix products in float32, the one thing that linear models spend their time on. Two implementations: SIMD
 * wasm on worker threads (always there) and ONNX Runtime (several times faster, optional).
 */
export interface DenseMath {
  readonly name: string;
  /**
   * `out = op(a) · op(b)`, all row-major.
   *
   * @param a - shape `[m, k]`, or `[k, m]` with `transposeA`
   * @param b - shape `[k, n]`, or `[n, k]` with `transposeB`
   * @param out - shape `[m, n]`, overwritten; may not share memory with a or b
   */
  matmul(product: {
    readonly a: Float32Array;
    readonly b: Float32Array;
    readonly m: number;
    readonly k: number;
    readonly n: number;
    readonly transposeA?: boolean;
    readonly transposeB?: boolean;
    readonly out: Float32Array;
  }): Promise<void>;
  close(): Promise<void>;
}
