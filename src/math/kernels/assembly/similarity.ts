// Item-to-item similarity rows with their K best, from sparse counts. One call handles rows [first + begin, first + end)
// and writes its best K, best first, to output rows [begin, end); `thread` picks a private scratch of 16 bytes a column:
// sums (acc, zero before and after), touched indices, and keys to sort.

import { indexOfKey, keyOf, sortLargest, valueOfKey } from "./top-k";

// s(i, j) = sum over u in rows(i) of a(i,u) b(u,j), divided by (source(i) * target(j) + shrink); j = i left out.
export function similarityRows(
  begin: i32, end: i32, thread: i32, first: i32, columns: i32, k: i32, shrink: f32,
  leftOffsets: usize, leftIndices: usize, leftValues: usize,
  rightOffsets: usize, rightIndices: usize, rightValues: usize,
  source: usize, target: usize, scratch: usize, outIndices: usize, outValues: usize, outCounts: usize,
): void {
  const acc = scratch + (thread as usize) * ((columns as usize) << 4);
  const touched = acc + ((columns as usize) << 2);
  const keys = acc + ((columns as usize) << 3);
  for (let r = begin; r < end; r++) {
    const i = first + r;
    let count: i32 = 0;
    const from = load<i32>(leftOffsets + ((i as usize) << 2));
    const to = load<i32>(leftOffsets + ((i as usize) << 2), 4);
    for (let p = from; p < to; p++) {
      const u = load<i32>(leftIndices + ((p as usize) << 2)) as usize;
      const a = load<f32>(leftValues + ((p as usize) << 2));
      const uTo = load<i32>(rightOffsets + (u << 2), 4);
      for (let q = load<i32>(rightOffsets + (u << 2)); q < uTo; q++) {
        const j = load<i32>(rightIndices + ((q as usize) << 2));
        count = add(acc, touched, count, j, a * load<f32>(rightValues + ((q as usize) << 2)));
      }
    }
    finishRow(i, r, count, k, shrink, acc, touched, keys, source, target, outIndices, outValues, outCounts);
  }
}

// t(i, j) = sum over occurrences of i and later positions q of j in the same row within `window` of decay^(gap - 1),
// and `backward` times the same of earlier ones; scaled as above.
export function transitionRows(
  begin: i32, end: i32, thread: i32, first: i32, columns: i32, k: i32, shrink: f32,
  occurrenceOffsets: usize, occurrences: usize, rowOfPosition: usize, rowOffsets: usize, items: usize,
  decays: usize, window: i32, backward: f32,
  source: usize, target: usize, scratch: usize, outIndices: usize, outValues: usize, outCounts: usize,
): void {
  const acc = scratch + (thread as usize) * ((columns as usize) << 4);
  const touched = acc + ((columns as usize) << 2);
  const keys = acc + ((columns as usize) << 3);
  for (let r = begin; r < end; r++) {
    const i = first + r;
    let count: i32 = 0;
    const to = load<i32>(occurrenceOffsets + ((i as usize) << 2), 4);
    for (let o = load<i32>(occurrenceOffsets + ((i as usize) << 2)); o < to; o++) {
      const p = load<i32>(occurrences + ((o as usize) << 2));
      const row = load<i32>(rowOfPosition + ((p as usize) << 2)) as usize;
      const last = min(load<i32>(rowOffsets + (row << 2), 4) - 1, p + window);
      for (let q = p + 1; q <= last; q++) {
        count = add(acc, touched, count, load<i32>(items + ((q as usize) << 2)), load<f32>(decays + (((q - p - 1) as usize) << 2)));
      }
      if (backward > 0) {
        const earliest = max(load<i32>(rowOffsets + (row << 2)), p - window);
        for (let q = p - 1; q >= earliest; q--) {
          count = add(acc, touched, count, load<i32>(items + ((q as usize) << 2)), backward * load<f32>(decays + (((p - q - 1) as usize) << 2)));
        }
      }
    }
    finishRow(i, r, count, k, shrink, acc, touched, keys, source, target, outIndices, outValues, outCounts);
  }
}

// Values are positive (zeros fall out here), so that a zero in acc means untouched and an item is touched once. The write
// past the last touched index falls into the keys, which are not in use yet; it saves a branch that is hard to predict.
@inline
function add(acc: usize, touched: usize, count: i32, j: i32, value: f32): i32 {
  if (!(value > 0)) return count;
  const at = acc + ((j as usize) << 2);
  const old = load<f32>(at);
  store<f32>(at, old + value);
  store<i32>(touched + ((count as usize) << 2), j);
  return count + i32(old == 0);
}

// Scales the touched sums, keeps the K best in order, and zeroes the scratch.
function finishRow(
  i: i32, outRow: i32, count: i32, k: i32, shrink: f32, acc: usize, touched: usize, keys: usize,
  source: usize, target: usize, outIndices: usize, outValues: usize, outCounts: usize,
): void {
  const s = load<f32>(source + ((i as usize) << 2));
  let size: i32 = 0;
  for (let t: i32 = 0; t < count; t++) {
    const j = load<i32>(touched + ((t as usize) << 2));
    const at = acc + ((j as usize) << 2);
    const value = load<f32>(at) / (s * load<f32>(target + ((j as usize) << 2)) + shrink);
    store<f32>(at, 0);
    if (j == i || !(value > 0)) continue;
    store<u64>(keys + ((size as usize) << 3), keyOf(j, value));
    size++;
  }
  sortLargest(keys, 0, size, k);
  size = min(size, k);
  const row = ((outRow as usize) * (k as usize)) << 2;
  for (let n: i32 = 0; n < size; n++) {
    const key = load<u64>(keys + ((n as usize) << 3));
    store<i32>(outIndices + row + ((n as usize) << 2), indexOfKey(key));
    store<f32>(outValues + row + ((n as usize) << 2), valueOfKey(key));
  }
  store<i32>(outCounts + ((outRow as usize) << 2), size);
}
