// The K best (index, value) pairs as a min-heap: the worst one stands at the root. Equal values keep the lower index.

@inline
function worse(valueA: f32, indexA: i32, valueB: f32, indexB: i32): bool {
  return valueA < valueB || (valueA == valueB && indexA > indexB);
}

// Offers one pair; returns the new size.
export function keepBest(indices: usize, values: usize, size: i32, k: i32, index: i32, value: f32): i32 {
  if (size < k) {
    let at = size;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const pv = load<f32>(values + ((parent as usize) << 2));
      const pi = load<i32>(indices + ((parent as usize) << 2));
      if (!worse(value, index, pv, pi)) break;
      store<f32>(values + ((at as usize) << 2), pv);
      store<i32>(indices + ((at as usize) << 2), pi);
      at = parent;
    }
    store<f32>(values + ((at as usize) << 2), value);
    store<i32>(indices + ((at as usize) << 2), index);
    return size + 1;
  }
  if (!worse(load<f32>(values), load<i32>(indices), value, index)) return size;
  let at: i32 = 0;
  while (true) {
    let child = 2 * at + 1;
    if (child >= size) break;
    let cv = load<f32>(values + ((child as usize) << 2));
    let ci = load<i32>(indices + ((child as usize) << 2));
    if (child + 1 < size) {
      const rv = load<f32>(values + ((child as usize) << 2), 4);
      const ri = load<i32>(indices + ((child as usize) << 2), 4);
      if (worse(rv, ri, cv, ci)) {
        child++;
        cv = rv;
        ci = ri;
      }
    }
    if (!worse(cv, ci, value, index)) break;
    store<f32>(values + ((at as usize) << 2), cv);
    store<i32>(indices + ((at as usize) << 2), ci);
    at = child;
  }
  store<f32>(values + ((at as usize) << 2), value);
  store<i32>(indices + ((at as usize) << 2), index);
  return size;
}
