const share = 0.999;
/** Enough for the quantile of any number of moments. */
const sample = 1 << 16;

/**
 * The moment that recency is measured from: the .999 quantile, never the newest alone, so that a few wrong clocks do not
 * make everything else old.
 *
 * @param moments - in any order, at least one
 */
export function recentEnd(moments: Float64Array): number {
  const step = Math.max(1, Math.floor(moments.length / sample));
  const some = step === 1 ? moments.slice() : moments.filter((_, p) => p % step === 0);
  some.sort();
  return some[Math.ceil(share * (some.length - 1))]!;
}
