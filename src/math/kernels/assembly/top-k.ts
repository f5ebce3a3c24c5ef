// The K best of (index, value) pairs. A pair is one 64-bit key, value above and complement of the index below, because
// positive floats order as their bits do: larger keys are better, equal values prefer the lower index, no two are equal.

@inline
export function keyOf(index: i32, value: f32): u64 {
  return ((reinterpret<u32>(value) as u64) << 32) | (~index as u32 as u64);
}

@inline
export function indexOfKey(key: u64): i32 {
  return ~(key as u32) as i32;
}

@inline
export function valueOfKey(key: u64): f32 {
  return reinterpret<f32>((key >> 32) as u32);
}

@inline
function at(keys: usize, n: i32): usize {
  return keys + ((n as usize) << 3);
}

// Orders keys [low, high) so that the first k of all are the largest, largest first: quicksort that leaves the ranges
// past k alone. Hoare 1961; the partition has no branch on the keys.
export function sortLargest(keys: usize, low: i32, high: i32, k: i32): void {
  while (high - low > 12) {
    const end = high - 1;
    const middle = (low + high) >>> 1;
    const pivot = median(load<u64>(at(keys, low)), load<u64>(at(keys, middle)), load<u64>(at(keys, end)));
    if (load<u64>(at(keys, low)) == pivot) exchange(keys, low, end);
    else if (load<u64>(at(keys, middle)) == pivot) exchange(keys, middle, end);
    let edge = low;
    for (let n = low; n < end; n++) {
      edge += i32(exchange(keys, n, edge) > pivot);
    }
    exchange(keys, edge, end);
    if (edge - low < end - edge) {
      sortLargest(keys, low, edge, k);
      if (edge + 1 >= k) return;
      low = edge + 1;
    } else {
      if (edge + 1 < k) sortLargest(keys, edge + 1, high, k);
      high = edge;
    }
  }
  for (let n = low + 1; n < high; n++) {
    const key = load<u64>(at(keys, n));
    let place = n;
    while (place > low && load<u64>(at(keys, place - 1)) < key) {
      store<u64>(at(keys, place), load<u64>(at(keys, place - 1)));
      place--;
    }
    store<u64>(at(keys, place), key);
  }
}

// Returns the key that now stands at b.
@inline
function exchange(keys: usize, a: i32, b: i32): u64 {
  const key = load<u64>(at(keys, a));
  store<u64>(at(keys, a), load<u64>(at(keys, b)));
  store<u64>(at(keys, b), key);
  return key;
}

@inline
function median(a: u64, b: u64, c: u64): u64 {
  return max(min(a, b), min(max(a, b), c));
}
