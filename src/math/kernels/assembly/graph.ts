// Vectors spread over a graph, and the step of Adam on a whole table. d is a multiple of 4.

// out[r, :] = sum over p of values[p] * dense[indices[p], :], and total[r, :] += out[r, :].
export function spreadRows(
  begin: i32, end: i32, thread: i32, offsets: usize, indices: usize, values: usize, dense: usize, d: i32, out: usize, total: usize,
): void {
  const bytes = (d as usize) << 2;
  for (let r = begin; r < end; r++) {
    const from = load<i32>(offsets + ((r as usize) << 2)), to = load<i32>(offsets + ((r as usize) << 2), 4);
    const row = out + (r as usize) * bytes, sum = total + (r as usize) * bytes;
    // Blocks of 16 floats stay in registers while all neighbours are read.
    let f: usize = 0;
    for (const blocks = bytes & ~63; f < blocks; f += 64) {
      let a = f32x4.splat(0), b = a, c = a, e = a;
      for (let p = from; p < to; p++) {
        const x = dense + (load<i32>(indices + ((p as usize) << 2)) as usize) * bytes + f;
        const s = f32x4.splat(load<f32>(values + ((p as usize) << 2)));
        a = f32x4.relaxed_madd(s, v128.load(x), a);
        b = f32x4.relaxed_madd(s, v128.load(x, 16), b);
        c = f32x4.relaxed_madd(s, v128.load(x, 32), c);
        e = f32x4.relaxed_madd(s, v128.load(x, 48), e);
      }
      v128.store(row + f, a);
      v128.store(row + f, b, 16);
      v128.store(row + f, c, 32);
      v128.store(row + f, e, 48);
      v128.store(sum + f, f32x4.add(v128.load(sum + f), a));
      v128.store(sum + f, f32x4.add(v128.load(sum + f, 16), b), 16);
      v128.store(sum + f, f32x4.add(v128.load(sum + f, 32), c), 32);
      v128.store(sum + f, f32x4.add(v128.load(sum + f, 48), e), 48);
    }
    for (; f < bytes; f += 16) {
      let a = f32x4.splat(0);
      for (let p = from; p < to; p++) {
        const x = dense + (load<i32>(indices + ((p as usize) << 2)) as usize) * bytes + f;
        a = f32x4.relaxed_madd(f32x4.splat(load<f32>(values + ((p as usize) << 2))), v128.load(x), a);
      }
      v128.store(row + f, a);
      v128.store(sum + f, f32x4.add(v128.load(sum + f), a));
    }
  }
}

// Kingma & Ba 2015; rate and epsilon have the corrections of both moments in them.
export function adamRows(
  begin: i32, end: i32, thread: i32, d: i32, x: usize, slopes: usize, first: usize, second: usize,
  beta1: f32, beta2: f32, rate: f32, epsilon: f32, l2: f32,
): void {
  const bytes = (d as usize) << 2;
  const b1 = f32x4.splat(beta1), r1 = f32x4.splat(1 - beta1), b2 = f32x4.splat(beta2), r2 = f32x4.splat(1 - beta2);
  const step = f32x4.splat(rate), least = f32x4.splat(epsilon), shrink = f32x4.splat(l2);
  for (let at = (begin as usize) * bytes, to = (end as usize) * bytes; at < to; at += 16) {
    const own = v128.load(x + at);
    const g = f32x4.relaxed_madd(shrink, own, v128.load(slopes + at));
    const m = f32x4.relaxed_madd(b1, v128.load(first + at), f32x4.mul(r1, g));
    const v = f32x4.relaxed_madd(b2, v128.load(second + at), f32x4.mul(r2, f32x4.mul(g, g)));
    v128.store(first + at, m);
    v128.store(second + at, v);
    v128.store(x + at, f32x4.sub(own, f32x4.div(f32x4.mul(step, m), f32x4.add(f32x4.sqrt(v), least))));
  }
}
