/**
 * Random bytes as a pure function of a key and their place, for masks of millions of elements: four of them for two rounds of an
 * integer hash. Where quality counts more than speed, `Random` (Philox) is right.
 *
 * @source Wellons, Prospecting for hash functions, 2018 (lowbias32)
 */
function mixed(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}

/**
 * Fills an array with ones and zeros.
 *
 * @param share - of ones, in steps of 1/256
 * @param key - whatever tells one mask from another: seed, step, place in the model; uint32 each
 */
export function fillMask(out: Uint8Array, share: number, key: readonly number[]): void {
  const below = Math.round(share * 256);
  const own = key.reduce((state, part) => mixed(state + Math.imul(part, 0x9e3779b9) + 0x85ebca6b), 0x2545f491);
  const other = mixed(own ^ 0x5bd1e995);
  for (let n = 0; n < out.length; n += 4) {
    const bits = mixed(mixed((n >>> 2) + own) ^ other);
    out[n] = Number((bits & 255) < below);
    out[n + 1] = Number(((bits >>> 8) & 255) < below);
    out[n + 2] = Number(((bits >>> 16) & 255) < below);
    out[n + 3] = Number(bits >>> 24 < below);
  }
}
