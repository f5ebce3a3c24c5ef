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
