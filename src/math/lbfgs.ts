/**
 * Limited-memory BFGS for smooth functions: the inverse Hessian is kept as the last few steps and gradient changes, a
 * backtracking search keeps every step a descent.
 *
 * @source Nocedal & Wright, Numerical Optimization, 2nd ed., algorithms 7.4 and 7.5
 */
export interface LbfgsOptions {
  /** Pairs of steps and gradient changes kept. */
  readonly memory?: number;
  readonly maxIterations?: number;
  /** Stops when the largest gradient entry is below this. */
  readonly gradientTolerance?: number;
  /** Stops when a step lowers the value by less than this share of it. */
  readonly valueTolerance?: number;
}

export interface LbfgsResult {
  readonly x: Float64Array;
  readonly value: number;
  readonly iterations: number;
  /** False where the iterations ran out, or where no step along the gradient lowered the value. */
  readonly converged: boolean;
}

/**
 * @param valueAndGradient - writes the gradient at x, shape `[n]`, and returns the value
 * @param start - shape `[n]`, not changed
 */
export async function minimizeLbfgs(
  valueAndGradient: (x: Float64Array, gradient: Float64Array) => number | Promise<number>,
  start: Float64Array,
  options: LbfgsOptions = {},
): Promise<LbfgsResult> {
  const { memory = 10, maxIterations = 200, gradientTolerance = 1e-7, valueTolerance = 1e-10 } = options;
  const n = start.length;
  let x = start.slice();
  let gradient = new Float64Array(n);
  let value = await valueAndGradient(x, gradient);
  const steps: Float64Array[] = [];
  const changes: Float64Array[] = [];
  const curvatures: number[] = [];
  const direction = new Float64Array(n);
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    if (largest(gradient) <= gradientTolerance) return { x, value, iterations: iteration, converged: true };
    descentDirection(gradient, steps, changes, curvatures, direction);
    let slope = dot(gradient, direction);
    if (!(slope < 0)) {
      steps.length = changes.length = curvatures.length = 0;
      for (let i = 0; i < n; i++) direction[i] = -gradient[i]!;
      slope = dot(gradient, direction);
    }
    let length = steps.length === 0 ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
    const nextX = new Float64Array(n);
    const nextGradient = new Float64Array(n);
    let nextValue = Infinity;
    for (let halvings = 0; halvings < 40; halvings++, length /= 2) {
      for (let i = 0; i < n; i++) nextX[i] = x[i]! + length * direction[i]!;
      nextValue = await valueAndGradient(nextX, nextGradient);
      if (nextValue <= value + 1e-4 * length * slope) break;
    }
    // No step of this direction lowers the value: try the plain gradient once, then give up.
    if (!(nextValue < value)) {
      if (steps.length === 0) return { x, value, iterations: iteration, converged: false };
      steps.length = changes.length = curvatures.length = 0;
      continue;
    }
    const step = new Float64Array(n);
    const change = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      step[i] = nextX[i]! - x[i]!;
      change[i] = nextGradient[i]! - gradient[i]!;
    }
    const curvature = dot(step, change);
    if (curvature > 1e-12 * dot(change, change)) {
      steps.push(step);
      changes.push(change);
      curvatures.push(curvature);
      if (steps.length > memory) {
        steps.shift();
        changes.shift();
        curvatures.shift();
      }
    }
    const gained = value - nextValue;
    [x, gradient, value] = [nextX, nextGradient, nextValue];
    if (gained <= valueTolerance * Math.max(1, Math.abs(value)))
      return { x, value, iterations: iteration + 1, converged: true };
  }
  return { x, value, iterations: maxIterations, converged: false };
}

/** The two-loop recursion: `-H · gradient`. */
function descentDirection(
  gradient: Float64Array,
  steps: readonly Float64Array[],
  changes: readonly Float64Array[],
  curvatures: readonly number[],
  out: Float64Array,
): void {
  const n = gradient.length;
  for (let i = 0; i < n; i++) out[i] = -gradient[i]!;
  const alphas = new Float64Array(steps.length);
  for (let k = steps.length - 1; k >= 0; k--) {
    const alpha = dot(steps[k]!, out) / curvatures[k]!;
    alphas[k] = alpha;
    for (let i = 0; i < n; i++) out[i]! -= alpha * changes[k]![i]!;
  }
  if (steps.length > 0) {
    const last = changes[changes.length - 1]!;
    const scale = curvatures[curvatures.length - 1]! / dot(last, last);
    for (let i = 0; i < n; i++) out[i]! *= scale;
  }
  for (let k = 0; k < steps.length; k++) {
    const beta = dot(changes[k]!, out) / curvatures[k]!;
    for (let i = 0; i < n; i++) out[i]! += (alphas[k]! - beta) * steps[k]![i]!;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function largest(values: Float64Array): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]!));
  return most;
}
