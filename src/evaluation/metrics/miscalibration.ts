/**
 * How far the mix of categories on a list is from the mix in the shopper's history.
 *
 * @source Steck, Calibrated recommendations, RecSys 2018
 */

/** Share of the history's mix in the smoothed mix of the list, so that the divergence stays finite. */
const smoothing = 0.01;

/**
 * `KL(p || (1 - α) q + α p)`, p the attributes of the history and q those of the list, each item giving its weight in
 * equal parts to its attributes; 0 where the list mirrors the history, at most `log2(1/α)`.
 *
 * @returns bits, shape `[lists]`; NaN where the history has no attributes
 */
export function miscalibration(
  histories: readonly Int32Array[],
  lists: readonly Int32Array[],
  attributes: readonly Int32Array[],
): Float64Array {
  return Float64Array.from(histories, (history, n) => {
    const wanted = mix(history, attributes);
    if (wanted.size === 0) return Number.NaN;
    const shown = mix(lists[n]!, attributes);
    let divergence = 0;
    for (const [id, p] of wanted) {
      divergence += p * Math.log2(p / ((1 - smoothing) * (shown.get(id) ?? 0) + smoothing * p));
    }
    return divergence;
  });
}

function mix(items: Int32Array, attributes: readonly Int32Array[]): Map<number, number> {
  const shares = new Map<number, number>();
  let counted = 0;
  for (let i = 0; i < items.length; i++) {
    const ids = attributes[items[i]!];
    if (!ids || ids.length === 0) continue;
    for (const id of ids) shares.set(id, (shares.get(id) ?? 0) + 1 / ids.length);
    counted++;
  }
  for (const [id, share] of shares) shares.set(id, share / counted);
  return shares;
}
