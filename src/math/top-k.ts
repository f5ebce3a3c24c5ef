/** The indices of the k largest finite scores, largest first; equal scores keep the lower index. */
export function topK(scores: Float32Array, k: number): Int32Array {
  const indices = new Int32Array(k);
  let size = 0;
  let floor = -Infinity;
  // A min-heap by score: the root is the worst of the best.
  const worse = (a: number, b: number): boolean => scores[a]! < scores[b]! || (scores[a]! === scores[b]! && a > b);
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    if (size === k && !(score > floor)) continue;
    if (!(score > -Infinity)) continue;
    let at: number;
    if (size < k) {
      at = size++;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (!worse(i, indices[parent]!)) break;
        indices[at] = indices[parent]!;
        at = parent;
      }
    } else {
      at = 0;
      for (;;) {
        let child = 2 * at + 1;
        if (child >= k) break;
        if (child + 1 < k && worse(indices[child + 1]!, indices[child]!)) child++;
        if (!worse(indices[child]!, i)) break;
        indices[at] = indices[child]!;
        at = child;
      }
    }
    indices[at] = i;
    if (size === k) floor = scores[indices[0]!]!;
  }
  return indices.subarray(0, size).sort((a, b) => scores[b]! - scores[a]! || a - b);
}
