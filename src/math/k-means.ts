/**
 * Groups unit vectors by direction: spherical k-means with k-means++ seeds; an empty group takes the vector that fits
 * its own worst.
 *
 * @source Arthur & Vassilvitskii, k-means++, SODA 2007; Dhillon & Modha, Concept decompositions, Machine Learning 2001
 */
import type { Random } from '../core/random.ts';
import type { DenseMath } from './dense-math.ts';

export interface Grouping {
  /** Unit vectors, shape `[k, d]`. */
  readonly centres: Float32Array;
  /** Group of each vector, shape `[n]`. */
  readonly groups: Int32Array;
}

/** Rows whose similarities are held at a time. */
const block = 4096;

/**
 * @param vectors - shape `[n, d]`, each of length 1
 * @param k - at most n
 */
export async function sphericalKMeans(
  vectors: Float32Array,
  d: number,
  k: number,
  options: {
    readonly dense: DenseMath;
    readonly random: Random;
    readonly iterations: number;
    /** The first centres: `spread` by k-means++, or `any` of the vectors where k is large and a look at all for each too long. */
    readonly seeding?: 'spread' | 'any';
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Grouping> {
  const n = vectors.length / d;
  const centres =
    options.seeding === 'any' ? anyOf(vectors, d, k, options.random) : seeds(vectors, d, k, options.random);
  const groups = new Int32Array(n).fill(-1);
  const fits = new Float32Array(n);
  const similarities = new Float32Array(Math.min(n, block) * k);
  for (let iteration = 0; iteration < options.iterations; iteration++) {
    options.signal?.throwIfAborted();
    let moved = 0;
    for (let from = 0; from < n; from += block) {
      const m = Math.min(block, n - from);
      const a = vectors.subarray(from * d, (from + m) * d);
      await options.dense.matmul({ a, b: centres, m, k: d, n: k, transposeB: true, out: similarities });
      for (let r = 0; r < m; r++) {
        let best = 0;
        for (let g = 1; g < k; g++) if (similarities[r * k + g]! > similarities[r * k + best]!) best = g;
        if (groups[from + r] !== best) moved++;
        groups[from + r] = best;
        fits[from + r] = similarities[r * k + best]!;
      }
    }
    if (moved === 0) break;
    fillEmpty(groups, fits, k);
    recentre(vectors, d, groups, centres);
  }
  return { centres, groups };
}

/** k of the vectors, each once. */
function anyOf(vectors: Float32Array, d: number, k: number, random: Random): Float32Array {
  const rows = random.shuffle(Int32Array.from({ length: vectors.length / d }, (_, row) => row));
  const centres = new Float32Array(k * d);
  for (let g = 0; g < k; g++) centres.set(vectors.subarray(rows[g]! * d, (rows[g]! + 1) * d), g * d);
  return centres;
}

/** k of the vectors, each drawn with the square of its distance to those drawn before. */
function seeds(vectors: Float32Array, d: number, k: number, random: Random): Float32Array {
  const n = vectors.length / d;
  const centres = new Float32Array(k * d);
  const distances = new Float64Array(n).fill(1);
  for (let g = 0; g < k; g++) {
    let left = random.uniform() * distances.reduce((sum, value) => sum + value, 0);
    let chosen = 0;
    for (let r = 0; r < n; r++) {
      if (distances[r]! <= 0) continue;
      chosen = r;
      left -= distances[r]!;
      if (left < 0) break;
    }
    centres.set(vectors.subarray(chosen * d, (chosen + 1) * d), g * d);
    for (let r = 0; r < n; r++) {
      let dot = 0;
      for (let f = 0; f < d; f++) dot += vectors[r * d + f]! * centres[g * d + f]!;
      // |a - b|² = 2 - 2 a·b of unit vectors.
      const distance = r === chosen ? 0 : Math.max(0, 2 - 2 * dot);
      if (g === 0 || distance < distances[r]!) distances[r] = distance;
    }
  }
  return centres;
}

function fillEmpty(groups: Int32Array, fits: Float32Array, k: number): void {
  const sizes = new Int32Array(k);
  for (const g of groups) sizes[g]!++;
  for (let g = 0; g < k; g++) {
    if (sizes[g]! > 0) continue;
    let worst = -1;
    for (let r = 0; r < groups.length; r++) {
      if (sizes[groups[r]!]! > 1 && (worst < 0 || fits[r]! < fits[worst]!)) worst = r;
    }
    if (worst < 0) return;
    sizes[groups[worst]!]!--;
    sizes[g] = 1;
    groups[worst] = g;
    fits[worst] = 1;
  }
}

function recentre(vectors: Float32Array, d: number, groups: Int32Array, centres: Float32Array): void {
  centres.fill(0);
  for (let r = 0; r < groups.length; r++) {
    for (let f = 0; f < d; f++) centres[groups[r]! * d + f]! += vectors[r * d + f]!;
  }
  for (let g = 0; g < centres.length; g += d) normaliseTo1(centres.subarray(g, g + d));
}

/** Scales a vector to length 1 in place; a zero vector stays. Returns whether it had a length. */
export function normaliseTo1(vector: Float32Array): boolean {
  let norm = 0;
  for (const value of vector) norm += value * value;
  if (!(norm > 0)) return false;
  const scale = 1 / Math.sqrt(norm);
  for (let f = 0; f < vector.length; f++) vector[f]! *= scale;
  return true;
}
