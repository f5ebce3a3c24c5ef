/** Learning rates over the steps of a training. */

/** @param step - from 0 */
export type Schedule = (step: number) => number;

/** Grows evenly over the first steps, then follows half a cosine to `end` at the last step. */
export function warmUpCosine(
  peak: number,
  { warmUp, steps, end = 0 }: { readonly warmUp: number; readonly steps: number; readonly end?: number },
): Schedule {
  return (step) => {
    if (step < warmUp) return (peak * (step + 1)) / warmUp;
    const share = Math.min(1, (step - warmUp) / Math.max(1, steps - warmUp));
    return end + (peak - end) * 0.5 * (1 + Math.cos(Math.PI * share));
  };
}

export const constantRate =
  (rate: number): Schedule =>
  () =>
    rate;

/** A rate that falls where a figure stops improving. */
export class Plateau {
  rate: number;
  readonly #patience: number;
  readonly #factor: number;
  readonly #least: number;
  #best = -Infinity;
  #waited = 0;

  constructor(
    rate: number,
    {
      patience = 3,
      factor = 0.5,
      least = 0,
    }: { readonly patience?: number; readonly factor?: number; readonly least?: number } = {},
  ) {
    this.rate = rate;
    this.#patience = patience;
    this.#factor = factor;
    this.#least = least;
  }

  /** @param figure - larger is better. @returns the rate from now on */
  tell(figure: number): number {
    this.#waited = figure > this.#best ? 0 : this.#waited + 1;
    this.#best = Math.max(this.#best, figure);
    if (this.#waited > this.#patience) {
      this.rate = Math.max(this.#least, this.rate * this.#factor);
      this.#waited = 0;
    }
    return this.rate;
  }
}
