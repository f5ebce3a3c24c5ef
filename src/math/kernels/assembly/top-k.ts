// The K best (index, value) pairs as a min-heap: the worst one stands at the root. Equal values keep the lower index.

@inline
function worse(valueA: f32, indexA: i32, valueB: f32, indexB: i32): bool {
  return valueA < valueB || (valueA == valueB && indexA > indexB);
}

@inline
function put(indices: usize, values: usize, at: i32, index: i32, value: f32): void {
  store<f32>(values + ((at as usize) << 2), value);
  store<i32>(indices + ((at as usize) << 2), index);
}

// Puts a pair in the place of the root and lets it sink.
function sink(indices: usize, values: usize, size: i32, index: i32, value: f32): void {
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
    put(indices, values, at, ci, cv);
    at = child;
  }
  put(indices, values, at, index, value);
}

// Offers one pair; returns the new size.
export function keepBest(indices: usize, values: usize, size: i32, k: i32, index: i32, value: f32): i32 {
  if (size == k) {
    if (worse(load<f32>(values), load<i32>(indices), value, index)) sink(indices, values, size, index, value);
    return size;
  }
  let at = size;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const pv = load<f32>(values + ((parent as usize) << 2));
    const pi = load<i32>(indices + ((parent as usize) << 2));
    if (!worse(value, index, pv, pi)) break;
    put(indices, values, at, pi, pv);
    at = parent;
  }
  put(indices, values, at, index, value);
  return size + 1;
}

// Turns the heap into a list, best first.
export function sortBest(indices: usize, values: usize, size: i32): void {
  for (let last = size - 1; last > 0; last--) {
    const worstValue = load<f32>(values);
    const worstIndex = load<i32>(indices);
    const value = load<f32>(values + ((last as usize) << 2));
    const index = load<i32>(indices + ((last as usize) << 2));
    sink(indices, values, last, index, value);
    put(indices, values, last, worstIndex, worstValue);
  }
}
