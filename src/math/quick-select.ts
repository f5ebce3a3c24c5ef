/**
 * Moves the k indices with the largest keys to the front, in no particular order, in linear expected time; of equal keys
 * the larger index counts as larger, so that the chosen set is unique.
 *
 * @param indices - the first `count` are permuted in place; distinct
 * @param keys - by index
 * @source Hoare, Algorithm 65: Find, CACM 1961
 */
export function quickSelect(indices: Int32Array, count: number, k: number, keys: Float64Array): void {
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
