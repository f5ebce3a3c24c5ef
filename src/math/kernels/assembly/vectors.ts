// Products of one vector with given rows of many: the hot loop of scoring by vectors.

@inline
function fma(a: v128, b: v128, c: v128): v128 {
  return f32x4.relaxed_madd(a, b, c);
}

// out[n] = vectors[items[n], :] . query, for n in [begin, end); rows of `d` float32.
export function vectorProducts(begin: i32, end: i32, thread: i32, vectors: usize, d: i32, query: usize, items: usize, out: usize): void {
  const bytes = (d as usize) << 2;
  const blocks = bytes & ~63;
  const quads = bytes & ~15;
  for (let n = begin; n < end; n++) {
    const row = vectors + (load<i32>(items + ((n as usize) << 2)) as usize) * bytes;
    let a = f32x4.splat(0), b = a, c = a, e = a;
    let f: usize = 0;
    for (; f < blocks; f += 64) {
      a = fma(v128.load(row + f), v128.load(query + f), a);
      b = fma(v128.load(row + f, 16), v128.load(query + f, 16), b);
      c = fma(v128.load(row + f, 32), v128.load(query + f, 32), c);
      e = fma(v128.load(row + f, 48), v128.load(query + f, 48), e);
    }
    for (; f < quads; f += 16) a = fma(v128.load(row + f), v128.load(query + f), a);
    const sum = f32x4.add(f32x4.add(a, b), f32x4.add(c, e));
    let rest = f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) + (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3));
    for (; f < bytes; f += 4) rest += load<f32>(row + f) * load<f32>(query + f);
    store<f32>(out + ((n as usize) << 2), rest);
  }
}
