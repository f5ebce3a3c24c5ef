/**
 * The k largest of many, in the two forms that are needed: sorted, by a heap that suits a small k of a long array; and as
 * a set at the front of a list of indices, by partition, where their order does not matter. The kernels have their own
 * (kernels/assembly/top-k.ts), which never leaves the worker threads.
 */

/**
 * The indices of the k largest scores, largest first; equal scores keep the lower index; -Infinity and NaN never count.
 *
 * @param onNaN - told the index of each NaN
 */
export function topK(scores: Float32Array, k: number, onNaN?: (index: number) => void): Int32Array {
  const indices = new Int32Array(k);
  const size = k > 0 ? collect(scores, indices, onNaN) : 0;
  return indices.subarray(0, size).sort((a, b) => scores[b]! - scores[a]! || a - b);
}

/** A min-heap by score: the root is the worst of the best. Apart from the sort, whose closure would slow the scan. */
function collect(scores: Float32Array, heap: Int32Array, onNaN: ((index: number) => void) | undefined): number {
  const k = heap.length;
  let size = 0;
  let floor = -Infinity;
  for (let i = 0; i < scores.length; i++) {
    if (scores[i]! <= floor) continue;
    if (!(scores[i]! > floor)) {
      onNaN?.(i);
      continue;
    }
    let at: number;
    if (size < k) {
      at = size++;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (!worse(scores, i, heap[parent]!)) break;
        heap[at] = heap[parent]!;
        at = parent;
      }
    } else {
      at = 0;
      for (;;) {
        let child = 2 * at + 1;
        if (child >= k) break;
        if (child + 1 < k && worse(scores, heap[child + 1]!, heap[child]!)) child++;
        if (!worse(scores, heap[child]!, i)) break;
        heap[at] = heap[child]!;
        at = child;
      }
    }
    heap[at] = i;
    if (size === k) floor = scores[heap[0]!]!;
  }
  return size;
}

function worse(scores: Float32Array, a: number, b: number): boolean {
  return scores[a]! < scores[b]! || (scores[a]! === scores[b]! && a > b);
}

/**
 * Moves the k indices with the largest keys to the front, in no particular order, in linear expected time; of equal keys
 * the larger index counts as larger, so that the chosen set is unique.
 *
 * @param indices - the first `count` are permuted in place; distinct
 * @param keys - by index
 * @source Hoare, Algorithm 65: Find, CACM 1961
 */
export function partitionLargest(indices: Int32Array, count: number, k: number, keys: Float64Array): void {
  let low = 0;
  let high = count - 1;
  while (low < high && k > 0 && k < count) {
    const pivot = medianOf(indices[low]!, indices[(low + high) >>> 1]!, indices[high]!, keys);
    const pivotKey = keys[pivot]!;
    let i = low;
    let j = high;
    while (i <= j) {
      while (larger(indices[i]!, pivot, pivotKey, keys)) i++;
      while (smaller(indices[j]!, pivot, pivotKey, keys)) j--;
      if (i > j) break;
      const kept = indices[i]!;
      indices[i++] = indices[j]!;
      indices[j--] = kept;
    }
    if (k - 1 <= j) high = j;
    else if (k - 1 >= i) low = i;
    else return;
  }
}

function larger(a: number, pivot: number, pivotKey: number, keys: Float64Array): boolean {
  return keys[a]! > pivotKey || (keys[a] === pivotKey && a > pivot);
}

function smaller(a: number, pivot: number, pivotKey: number, keys: Float64Array): boolean {
  return keys[a]! < pivotKey || (keys[a] === pivotKey && a < pivot);
}

function medianOf(a: number, b: number, c: number, keys: Float64Array): number {
  const above = (x: number, y: number): boolean => larger(x, y, keys[y]!, keys);
  if (above(a, b)) return above(b, c) ? b : above(a, c) ? c : a;
  return above(a, c) ? a : above(b, c) ? c : b;
}
