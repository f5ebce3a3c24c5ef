// Matrix factorisation by stochastic gradient descent. Users and items are dealt out to as many blocks; one run goes over the
// choices of user block b with item block (b + shift) mod blocks, and draws what was not chosen from that item block, so that
// no two rows of a run touch the same vector. Rendle et al. 2009 (BPR); Gemulla et al. 2011 (blocks).
// d is a multiple of 4.

@inline
function dot(a: usize, b: usize, bytes: usize): f32 {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  let f: usize = 0;
  for (const blocks = bytes & ~63; f < blocks; f += 64) {
    s0 = f32x4.relaxed_madd(v128.load(a + f), v128.load(b + f), s0);
    s1 = f32x4.relaxed_madd(v128.load(a + f, 16), v128.load(b + f, 16), s1);
    s2 = f32x4.relaxed_madd(v128.load(a + f, 32), v128.load(b + f, 32), s2);
    s3 = f32x4.relaxed_madd(v128.load(a + f, 48), v128.load(b + f, 48), s3);
  }
  for (; f < bytes; f += 16) s0 = f32x4.relaxed_madd(v128.load(a + f), v128.load(b + f), s0);
  const sum = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
  return f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) + (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3));
}

@inline
function next(state: u32): u32 {
  state ^= state << 13;
  state ^= state >> 17;
  return state ^ (state << 5);
}

@inline
function row(vectors: usize, index: i32, bytes: usize): usize {
  return vectors + (index as usize) * bytes;
}

@inline
function int(array: usize, n: i32): i32 {
  return load<i32>(array + ((n as usize) << 2));
}

// Whether a sorted row of indices holds one.
@inline
function holds(indices: usize, from: i32, to: i32, wanted: i32): bool {
  while (from < to) {
    const middle = (from + to) >> 1;
    const found = int(indices, middle);
    if (found == wanted) return true;
    if (found < wanted) from = middle + 1;
    else to = middle;
  }
  return false;
}

// x += rate (error y - l2 x) and y += rate (error x - l2 y), both from what they were.
@inline
function pull(x: usize, y: usize, bytes: usize, rate: f32, error: f32, l2: f32): void {
  const keep = f32x4.splat(1 - rate * l2), step = f32x4.splat(rate * error);
  for (let f: usize = 0; f < bytes; f += 16) {
    const a = v128.load(x + f), b = v128.load(y + f);
    v128.store(x + f, f32x4.relaxed_madd(step, b, f32x4.mul(keep, a)));
    v128.store(y + f, f32x4.relaxed_madd(step, a, f32x4.mul(keep, b)));
  }
}

// squared = 1: (1 - x.y)^2 of what was chosen and (x.y)^2 of what was drawn; 0: -log sigmoid(x.y_chosen - x.y_drawn).
export function factoriseBlocks(
  begin: i32, end: i32, thread: i32, d: i32, blocks: i32, shift: i32, seed: i32, squared: i32, rate: f32, l2: f32,
  strata: usize, users: usize, items: usize, rowOffsets: usize, rowItems: usize, blockOffsets: usize, blockItems: usize,
  x: usize, y: usize,
): void {
  const bytes = (d as usize) << 2;
  for (let b = begin; b < end; b++) {
    const c = (b + shift) % blocks;
    const from = int(strata, b * blocks + c), to = int(strata, b * blocks + c + 1);
    const first = int(blockOffsets, c), count = int(blockOffsets, c + 1) - first;
    if (count == 0) continue;
    let random: u32 = next((seed as u32) * 2654435761 + (b as u32) * 40503 + 1) | 1;
    for (let p = from; p < to; p++) {
      const user = int(users, p);
      const rowFrom = int(rowOffsets, user), rowTo = int(rowOffsets, user + 1);
      let drawn = -1;
      for (let tries = 0; tries < 8; tries++) {
        random = next(random);
        const candidate = int(blockItems, first + (((random as u64) * (count as u64)) >> 32) as i32);
        if (!holds(rowItems, rowFrom, rowTo, candidate)) {
          drawn = candidate;
          break;
        }
      }
      const own = row(x, user, bytes), chosen = row(y, int(items, p), bytes);
      if (squared) {
        pull(own, chosen, bytes, rate, 1 - dot(own, chosen, bytes), l2);
        if (drawn >= 0) {
          const other = row(y, drawn, bytes);
          pull(own, other, bytes, rate, -dot(own, other, bytes), l2);
        }
      } else if (drawn >= 0) {
        const other = row(y, drawn, bytes);
        const margin = dot(own, chosen, bytes) - dot(own, other, bytes);
        const pullBy: f32 = 1 / (1 + Mathf.exp(margin));
        const keep = f32x4.splat(1 - rate * l2), step = f32x4.splat(rate * pullBy);
        for (let f: usize = 0; f < bytes; f += 16) {
          const a = v128.load(own + f), i = v128.load(chosen + f), j = v128.load(other + f);
          v128.store(own + f, f32x4.relaxed_madd(step, f32x4.sub(i, j), f32x4.mul(keep, a)));
          v128.store(chosen + f, f32x4.relaxed_madd(step, a, f32x4.mul(keep, i)));
          v128.store(other + f, f32x4.sub(f32x4.mul(keep, j), f32x4.mul(step, a)));
        }
      }
    }
  }
}
