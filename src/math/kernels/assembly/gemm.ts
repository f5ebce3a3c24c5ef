// Dense and sparse products in float32, blocked for registers: four rows of a by sixteen columns of b at a time.
// b comes packed in panels of sixteen columns, `[ceil(n / 16)][k][16]`, zero-filled at the edge; m is padded to 4 by the caller.

export function packPanels(begin: i32, end: i32, thread: i32, b: usize, k: i32, n: i32, transposed: i32, packed: usize): void {
  for (let panel = begin; panel < end; panel++) {
    const out = packed + (((panel as usize) * (k as usize)) << 6);
    const width = min(16, n - panel * 16);
    memory.fill(out, 0, (k as usize) << 6);
    for (let c: i32 = 0; c < width; c++) {
      const column = (panel * 16 + c) as usize;
      if (transposed) {
        const row = b + ((column * (k as usize)) << 2);
        for (let r: usize = 0; r < (k as usize); r++) store<f32>(out + (r << 6) + ((c as usize) << 2), load<f32>(row + (r << 2)));
      } else {
        for (let r: usize = 0; r < (k as usize); r++) {
          store<f32>(out + (r << 6) + ((c as usize) << 2), load<f32>(b + ((r * (n as usize) + column) << 2)));
        }
      }
    }
  }
}

@inline
function fma(a: v128, b: v128, c: v128): v128 {
  return f32x4.relaxed_madd(a, b, c);
}

@inline
function writeRow(out: usize, width: i32, c0: v128, c1: v128, c2: v128, c3: v128, spill: usize): void {
  if (width == 16) {
    v128.store(out, c0);
    v128.store(out, c1, 16);
    v128.store(out, c2, 32);
    v128.store(out, c3, 48);
  } else {
    v128.store(spill, c0);
    v128.store(spill, c1, 16);
    v128.store(spill, c2, 32);
    v128.store(spill, c3, 48);
    memory.copy(out, spill, (width as usize) << 2);
  }
}

// Row blocks [begin, end) of four; `spill` has 64 bytes per thread.
export function gemmBlocks(begin: i32, end: i32, thread: i32, a: usize, packed: usize, out: usize, k: i32, n: i32, spill: usize): void {
  const panels = (n + 15) >> 4;
  const mine = spill + ((thread as usize) << 6);
  const rowBytes = (k as usize) << 2;
  for (let panel: i32 = 0; panel < panels; panel++) {
    const bPanel = packed + (((panel as usize) * (k as usize)) << 6);
    const width = min(16, n - panel * 16);
    for (let block = begin; block < end; block++) {
      let a0 = a + (block as usize) * 4 * rowBytes;
      let a1 = a0 + rowBytes;
      let a2 = a1 + rowBytes;
      let a3 = a2 + rowBytes;
      let c00 = f32x4.splat(0), c01 = c00, c02 = c00, c03 = c00;
      let c10 = c00, c11 = c00, c12 = c00, c13 = c00;
      let c20 = c00, c21 = c00, c22 = c00, c23 = c00;
      let c30 = c00, c31 = c00, c32 = c00, c33 = c00;
      let bp = bPanel;
      const stop = a0 + rowBytes;
      while (a0 < stop) {
        const b0 = v128.load(bp), b1 = v128.load(bp, 16), b2 = v128.load(bp, 32), b3 = v128.load(bp, 48);
        let s = v128.load32_splat(a0);
        c00 = fma(s, b0, c00); c01 = fma(s, b1, c01); c02 = fma(s, b2, c02); c03 = fma(s, b3, c03);
        s = v128.load32_splat(a1);
        c10 = fma(s, b0, c10); c11 = fma(s, b1, c11); c12 = fma(s, b2, c12); c13 = fma(s, b3, c13);
        s = v128.load32_splat(a2);
        c20 = fma(s, b0, c20); c21 = fma(s, b1, c21); c22 = fma(s, b2, c22); c23 = fma(s, b3, c23);
        s = v128.load32_splat(a3);
        c30 = fma(s, b0, c30); c31 = fma(s, b1, c31); c32 = fma(s, b2, c32); c33 = fma(s, b3, c33);
        a0 += 4; a1 += 4; a2 += 4; a3 += 4; bp += 64;
      }
      const at = out + (((block as usize) * 4 * (n as usize) + (panel as usize) * 16) << 2);
      const outRow = (n as usize) << 2;
      writeRow(at, width, c00, c01, c02, c03, mine);
      writeRow(at + outRow, width, c10, c11, c12, c13, mine);
      writeRow(at + 2 * outRow, width, c20, c21, c22, c23, mine);
      writeRow(at + 3 * outRow, width, c30, c31, c32, c33, mine);
    }
  }
}

// out[r, :] = sum over p of values[p] * dense[indices[p], :]; d is a multiple of 4.
export function sparseTimesDense(
  begin: i32, end: i32, thread: i32, offsets: usize, indices: usize, values: usize, dense: usize, d: i32, out: usize,
): void {
  const bytes = (d as usize) << 2;
  for (let r = begin; r < end; r++) {
    const to = load<i32>(offsets + ((r as usize) << 2), 4);
    const row = out + (r as usize) * bytes;
    memory.fill(row, 0, bytes);
    for (let p = load<i32>(offsets + ((r as usize) << 2)); p < to; p++) {
      const x = dense + (load<i32>(indices + ((p as usize) << 2)) as usize) * bytes;
      const s = f32x4.splat(load<f32>(values + ((p as usize) << 2)));
      for (let i: usize = 0; i < bytes; i += 16) v128.store(row + i, fma(s, v128.load(x + i), v128.load(row + i)));
    }
  }
}
