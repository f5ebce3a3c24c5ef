/** Selection without sorting: a radix histogram over the bits of non-negative floats, which order as the floats do. */

/**
 * Writes the places of the k largest values into `out`, in ascending order of place; among equal values at the edge the
 * lower place is kept.
 *
 * @param values - finite, ≥ 0; zeros are never selected
 * @param out - shape `[≥ k]`
 * @returns how many were written, at most k
 */
export function selectLargest(values: Float32Array, k: number, out: Int32Array): number {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const [high, above] = digitOfKth(
    bits,
    k,
    (word) => word >>> 16,
    () => true,
  );
  const [low, aboveLow] = digitOfKth(
    bits,
    k - above,
    (word) => word & 0xffff,
    (word) => word >>> 16 === high,
  );
  const threshold = high * 0x10000 + low;
  let ties = k - above - aboveLow;
  let count = 0;
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    if (word === 0 || word < threshold || (word === threshold && ties-- <= 0)) continue;
    out[count++] = i;
  }
  return count;
}

const histogram = new Uint32Array(0x10000);

/** The digit that holds the k-th largest of the words that `belongs` admits, and how many stand above that digit. */
function digitOfKth(
  bits: Uint32Array,
  k: number,
  digitOf: (word: number) => number,
  belongs: (word: number) => boolean,
): [digit: number, above: number] {
  histogram.fill(0);
  for (let i = 0; i < bits.length; i++) if (belongs(bits[i]!)) histogram[digitOf(bits[i]!)]!++;
  let above = 0;
  for (let digit = 0xffff; digit > 0; digit--) {
    if (above + histogram[digit]! >= k) return [digit, above];
    above += histogram[digit]!;
  }
  return [0, above];
}
