// One half-sweep of implicit ALS by conjugate gradients. Row u solves
// (G + ridge_u I + sum_i (c_ui - 1) y_i y_i^T) x_u = sum_i c_ui y_i, with G = Y^T Y and c = confidence.
// Hu, Koren & Volinsky 2008; Takacs, Pilaszy & Tikk 2011 for the solver; Rendle et al. 2022 for a ridge per row.
// d is a multiple of 4. Scratch per thread: 3 d floats.

// The sums of the lanes of four vectors, as the lanes of one.
@inline
function sums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

// Four running sums, so that one addition need not wait for the last.
@inline
function dot(a: usize, b: usize, d: i32): f32 {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  const end = a + ((d as usize) << 2);
  const blocks = a + (((d & ~15) as usize) << 2);
  while (a < blocks) {
    s0 = f32x4.relaxed_madd(v128.load(a), v128.load(b), s0);
    s1 = f32x4.relaxed_madd(v128.load(a, 16), v128.load(b, 16), s1);
    s2 = f32x4.relaxed_madd(v128.load(a, 32), v128.load(b, 32), s2);
    s3 = f32x4.relaxed_madd(v128.load(a, 48), v128.load(b, 48), s3);
    a += 64;
    b += 64;
  }
  while (a < end) {
    s0 = f32x4.relaxed_madd(v128.load(a), v128.load(b), s0);
    a += 16;
    b += 16;
  }
  const sum = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
  return f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) + f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3);
}

// y += s x
@inline
function axpy(s: f32, x: usize, y: usize, d: i32): void {
  const scale = f32x4.splat(s);
  for (let i: i32 = 0; i < d; i += 4) {
    const at = (i as usize) << 2;
    v128.store(y + at, f32x4.relaxed_madd(scale, v128.load(x + at), v128.load(y + at)));
  }
}

// out = (G + ridge I + sum (c - 1) y y^T) v
function applyNormal(v: usize, out: usize, ridge: f32, gram: usize, factors: usize, indices: usize, values: usize, from: i32, to: i32, d: i32): void {
  const bytes = (d as usize) << 2;
  const scale = f32x4.splat(ridge);
  for (let r: usize = 0; r < bytes; r += 16) {
    const row = gram + r * (d as usize);
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (let i: usize = 0; i < bytes; i += 16) {
      const x = v128.load(v + i);
      const at = row + i;
      s0 = f32x4.relaxed_madd(v128.load(at), x, s0);
      s1 = f32x4.relaxed_madd(v128.load(at + bytes), x, s1);
      s2 = f32x4.relaxed_madd(v128.load(at + 2 * bytes), x, s2);
      s3 = f32x4.relaxed_madd(v128.load(at + 3 * bytes), x, s3);
    }
    v128.store(out + r, f32x4.relaxed_madd(scale, v128.load(v + r), sums(s0, s1, s2, s3)));
  }
  for (let p = from; p < to; p++) {
    const y = factors + (((load<i32>(indices + ((p as usize) << 2)) as usize) * (d as usize)) << 2);
    axpy((load<f32>(values + ((p as usize) << 2)) - 1) * dot(y, v, d), y, out, d);
  }
}

export function alsRows(
  begin: i32, end: i32, thread: i32, d: i32, steps: i32,
  offsets: usize, indices: usize, values: usize, ridges: usize, gram: usize, factors: usize, x: usize, scratch: usize,
): void {
  const bytes = (d as usize) << 2;
  const residual = scratch + (thread as usize) * bytes * 3;
  const direction = residual + bytes;
  const product = direction + bytes;
  for (let u = begin; u < end; u++) {
    const from = load<i32>(offsets + ((u as usize) << 2));
    const to = load<i32>(offsets + ((u as usize) << 2), 4);
    const xu = x + (u as usize) * bytes;
    if (from == to) {
      memory.fill(xu, 0, bytes);
      continue;
    }
    const ridge = load<f32>(ridges + ((u as usize) << 2));
    applyNormal(xu, residual, ridge, gram, factors, indices, values, from, to, d);
    for (let i: i32 = 0; i < d; i += 4) {
      const at = (i as usize) << 2;
      v128.store(residual + at, f32x4.neg(v128.load(residual + at)));
    }
    for (let p = from; p < to; p++) {
      const y = factors + (load<i32>(indices + ((p as usize) << 2)) as usize) * bytes;
      axpy(load<f32>(values + ((p as usize) << 2)), y, residual, d);
    }
    memory.copy(direction, residual, bytes);
    let norm = dot(residual, residual, d);
    for (let step: i32 = 0; step < steps && norm > 1e-20; step++) {
      applyNormal(direction, product, ridge, gram, factors, indices, values, from, to, d);
      const alpha = norm / dot(direction, product, d);
      axpy(alpha, direction, xu, d);
      axpy(-alpha, product, residual, d);
      const next = dot(residual, residual, d);
      const beta = f32x4.splat(next / norm);
      for (let i: i32 = 0; i < d; i += 4) {
        const at = (i as usize) << 2;
        v128.store(direction + at, f32x4.relaxed_madd(beta, v128.load(direction + at), v128.load(residual + at)));
      }
      norm = next;
    }
  }
}
