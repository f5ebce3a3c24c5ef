/**
 * The error function to about 1e-12: between points where it is known exactly by the cubic that has its values and slopes there.
 *
 * @source Abramowitz & Stegun, Handbook of mathematical functions, 7.1.5 and 7.1.14
 */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (!(size < end)) return Number.isNaN(x) ? x : Math.sign(x);
  const { values, slopes } = table();
  const at = Math.floor(size * perUnit);
  const t = size * perUnit - at;
  const [a, b] = [values[at]!, values[at + 1]!];
  const [from, to] = [slopes[at]! / perUnit, slopes[at + 1]! / perUnit];
  const value = a + t * (from + t * (3 * (b - a) - 2 * from - to + t * (2 * (a - b) + from + to)));
  return x < 0 ? -value : value;
}

/** From here on it is 1 in double precision. */
const end = 6;
const perUnit = 512;
let made: { readonly values: Float64Array; readonly slopes: Float64Array } | undefined;

function table() {
  if (made) return made;
  const points = Float64Array.from({ length: end * perUnit + 2 }, (_, n) => n / perUnit);
  const slope = (x: number): number => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x);
  made = { values: points.map(exactErf), slopes: points.map(slope) };
  return made;
}

/** Its series near zero, a continued fraction beyond. @param x - ≥ 0 */
export function exactErf(x: number): number {
  if (x < 2.5) {
    let [term, sum] = [x, x];
    for (let n = 1; n < 200 && Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= -(x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let n = 80; n > 0; n--) fraction = n / 2 / (x + fraction);
  return 1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}
