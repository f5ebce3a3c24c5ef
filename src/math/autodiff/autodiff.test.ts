/** Each operation, on random shapes: its graph against the float64 reference, its gradient against differences of that. */
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { openOnnxGraphRunner } from '../../adapters/onnx/onnx-graph-runner.ts';
import { Random } from '../../core/random.ts';
import type { GraphArray, GraphRunner } from '../graph-runner.ts';
import { gradients } from './gradients.ts';
import { convolve, reversed } from './operations/convolution.ts';
import * as elementwise from './operations/elementwise.ts';
import { pick, rows, take } from './operations/lookup.ts';
import { matmul } from './operations/matrix.ts';
import { logSoftmax, softmax, softmaxLoss, standardise } from './operations/normalising.ts';
import { largest, mean } from './operations/reductions.ts';
import { concat, pad, reshape, slice, split, stack, transpose } from './operations/shaping.ts';
import { broadcastTo, sum } from './operations/summing.ts';
import { compute } from './reference.ts';
import { constant, input, scalar, sizeOf, type Tensor } from './tensor.ts';
import { toOnnx } from './to-onnx.ts';

let runner: GraphRunner;
beforeAll(async () => {
  runner = await openOnnxGraphRunner(2);
});

type Shape = readonly number[];
type Draw = (from: number, below: number) => number;

interface Made {
  readonly out: Tensor;
  /** Leaves by name, with how their values are drawn; normal by default. */
  readonly leaves: readonly Tensor[];
  readonly values?: Readonly<Record<string, readonly number[]>>;
}

const x = (shape: Shape, name = 'x'): Tensor => input(name, shape);
const one =
  (of: (x: Tensor) => Tensor, values?: (random: Random, size: number) => number[]) =>
  (draw: Draw, random: Random): Made => {
    const leaf = x(Array.from({ length: draw(0, 4) }, () => draw(1, 5)));
    return { out: of(leaf), leaves: [leaf], ...(values && { values: { x: values(random, sizeOf(leaf.shape)) } }) };
  };
/** Of two tensors whose shapes broadcast. */
const two =
  (of: (a: Tensor, b: Tensor) => Tensor, isPositive = false) =>
  (draw: Draw, random: Random): Made => {
    const whole = Array.from({ length: draw(1, 4) }, () => draw(1, 5));
    const part = (): number[] => whole.map((size) => (draw(0, 3) === 0 ? 1 : size)).slice(draw(0, whole.length));
    const leaves = [x(draw(0, 2) === 0 ? whole : part(), 'a'), x(part(), 'b')];
    const out = of(leaves[0]!, leaves[1]!);
    const positive = () => Array.from({ length: sizeOf(leaves[1]!.shape) }, () => 0.5 + random.uniform());
    return { out, leaves, ...(isPositive && { values: { b: positive() } }) };
  };
const positives = (random: Random, size: number): number[] =>
  Array.from({ length: size }, () => 0.2 + 2 * random.uniform());
/** Away from zero, where a difference would cross a corner. */
const apart = (random: Random, size: number): number[] =>
  Array.from({ length: size }, () => (random.uniform() < 0.5 ? -1 : 1) * (0.1 + random.uniform()));
const shapeOf = (draw: Draw, rank: number): number[] => Array.from({ length: rank }, () => draw(1, 5));
const places = (random: Random, count: number, below: number): number[] =>
  Array.from({ length: count }, () => random.below(below));

const cases: Readonly<Record<string, (draw: Draw, random: Random) => Made>> = {
  add: two(elementwise.add),
  subtract: two(elementwise.subtract),
  multiply: two(elementwise.multiply),
  divide: two(elementwise.divide, true),
  maximum: two(elementwise.maximum),
  minimum: two(elementwise.minimum),
  negate: one(elementwise.negate),
  exp: one(elementwise.exp),
  log: one(elementwise.log, positives),
  sqrt: one(elementwise.sqrt, positives),
  abs: one(elementwise.abs, apart),
  sin: one(elementwise.sin),
  cos: one(elementwise.cos),
  tanh: one(elementwise.tanh),
  sigmoid: one(elementwise.sigmoid),
  softplus: one(elementwise.softplus),
  'log-sigmoid': one(elementwise.logSigmoid),
  relu: one(elementwise.relu, apart),
  erf: one(elementwise.erf),
  gelu: one(elementwise.gelu),
  square: one(elementwise.square),
  where: two((a, b) => elementwise.where(elementwise.less(a, b), elementwise.square(a), elementwise.exp(b))),
  'and, not, equal': two((a, b) => {
    const { and, equal, less, not, where } = elementwise;
    return where(and(not(equal(a, b)), less(scalar(0), a)), elementwise.multiply(a, b), b);
  }),
  dropout: two((a, b) =>
    elementwise.dropout(a, elementwise.less(scalar(0), elementwise.stop(elementwise.multiply(a, b))), 0.5),
  ),
  sum: (draw) => {
    const leaf = x(shapeOf(draw, 3));
    return { out: sum(leaf, [[0], [1, 2], [-1], [0, 1, 2], []][draw(0, 5)]!, draw(0, 2) === 0), leaves: [leaf] };
  },
  mean: (draw) => {
    const leaf = x(shapeOf(draw, 3));
    return { out: mean(leaf, [[0], [1, -1], undefined][draw(0, 3)], draw(0, 2) === 0), leaves: [leaf] };
  },
  largest: (draw) => {
    const leaf = x(shapeOf(draw, 3));
    return { out: largest(leaf, [[1], [0, 2]][draw(0, 2)], true), leaves: [leaf] };
  },
  broadcast: (draw) => {
    const leaf = x([draw(1, 4), 1]);
    return { out: broadcastTo(leaf, [3, leaf.shape[0]!, 4]), leaves: [leaf] };
  },
  'reshape, transpose': (draw) => {
    const leaf = x(shapeOf(draw, 3));
    return { out: transpose(reshape(transpose(leaf, [2, 0, 1]), [-1, leaf.shape[1]!])), leaves: [leaf] };
  },
  'slice, pad': (draw) => {
    const leaf = x([draw(3, 6), draw(1, 4)]);
    return { out: pad(slice(leaf, 0, 1, 3), -1, draw(0, 3), draw(0, 2)), leaves: [leaf] };
  },
  split: (draw) => {
    const leaf = x([draw(1, 4), 6, draw(1, 3)]);
    const [first, , third] = split(leaf, 1, 3);
    return { out: elementwise.add(elementwise.exp(first!), elementwise.square(third!)), leaves: [leaf] };
  },
  'softmax-loss': (draw, random) => {
    const leaf = x([draw(1, 5), draw(1, 5)]);
    const at = input('at', [leaf.shape[0]!], 'int64');
    const values = { at: places(random, at.shape[0]!, leaf.shape[1]!) };
    return { out: softmaxLoss(leaf, at), leaves: [leaf, at], values };
  },
  'concat, stack': (draw) => {
    const [rowsOfA, width] = [draw(1, 4), draw(1, 4)];
    const leaves = [x([rowsOfA, width], 'a'), x([2, width], 'b')];
    const joined = concat([leaves[0]!, leaves[1]!, leaves[0]!], 0);
    return { out: stack([joined, elementwise.exp(joined)], 1), leaves };
  },
  matmul: (draw) => {
    const [m, k, n] = shapeOf(draw, 3) as [number, number, number];
    const [transposeA, transposeB] = [draw(0, 2) === 0, draw(0, 2) === 0];
    const batch = [[], [2], [2, 3]][draw(0, 3)]!;
    const isShared = batch.length > 0 && !transposeA && draw(0, 2) === 0;
    const a = x([...batch, ...(transposeA ? [k, m] : [m, k])], 'a');
    const b = x([...(isShared ? [] : batch), ...(transposeB ? [n, k] : [k, n])], 'b');
    return { out: matmul(a, b, { transposeA, transposeB, scale: [1, 0.5][draw(0, 2)]! }), leaves: [a, b] };
  },
  softmax: (draw) => {
    const leaf = x(shapeOf(draw, 3));
    return { out: softmax(leaf), leaves: [leaf] };
  },
  'log-softmax': (draw) => {
    const leaf = x(shapeOf(draw, 2));
    return { out: logSoftmax(leaf), leaves: [leaf] };
  },
  standardise: (draw) => {
    const leaf = x([draw(1, 4), draw(1, 4), draw(2, 6)]);
    return { out: standardise(leaf, 1e-2), leaves: [leaf] };
  },
  'rows, with many of one': (draw, random) => {
    const [count, width] = [draw(1, 4), draw(1, 4)];
    const table = x([count, width]);
    const at = input('at', [draw(1, 4), 3], 'int64');
    return { out: rows(table, at), leaves: [table, at], values: { at: places(random, sizeOf(at.shape), count) } };
  },
  'rows of matrices': (draw, random) => {
    const table = x([draw(1, 4), 2, 3]);
    const at = input('at', [4], 'int64');
    return { out: rows(table, at), leaves: [table, at], values: { at: places(random, 4, table.shape[0]!) } };
  },
  take: (draw, random) => {
    const leaf = x(shapeOf(draw, 2));
    const at = input('at', [leaf.shape[0]!, 3], 'int64');
    return {
      out: take(leaf, at),
      leaves: [leaf, at],
      values: { at: places(random, sizeOf(at.shape), leaf.shape[1]!) },
    };
  },
  pick: (draw, random) => {
    const leaf = x(shapeOf(draw, 2));
    const at = input('at', [leaf.shape[0]!], 'int64');
    return { out: pick(leaf, at), leaves: [leaf, at], values: { at: places(random, at.shape[0]!, leaf.shape[1]!) } };
  },
  convolve: (draw) => {
    const [size, dilation] = [draw(1, 4), draw(1, 3)];
    const reach = (size - 1) * dilation;
    const leaves = [x([draw(1, 3), draw(1, 4), reach + draw(1, 5)], 'a')];
    leaves.push(x([draw(1, 4), leaves[0]!.shape[1]!, size], 'b'));
    const padding = { before: draw(0, reach + 1), after: draw(0, reach + 1), dilation };
    return { out: convolve(leaves[0]!, leaves[1]!, padding), leaves };
  },
  reversed: (draw) => {
    const leaf = x(shapeOf(draw, 3));
    return { out: reversed(leaf), leaves: [leaf] };
  },
  'a constant': (draw) => {
    const leaf = x([draw(1, 4), 2]);
    return { out: elementwise.multiply(leaf, constant([2, -3])), leaves: [leaf] };
  },
};

/** Weights of random size, so that no gradient is lost in a sum. */
function lossOf(out: Tensor, random: Random): Tensor {
  const weights = constant(
    Array.from({ length: sizeOf(out.shape) }, () => random.normal()),
    out.shape,
  );
  return sum(elementwise.multiply(out, weights));
}

function valuesOf({ leaves, values = {} }: Made, random: Random): Record<string, number[]> {
  return Object.fromEntries(
    (leaves as readonly Tensor<{ name: string }>[]).map(({ attributes: { name }, shape }) => [
      name,
      [...(values[name] ?? Array.from({ length: sizeOf(shape) }, () => random.normal()))],
    ]),
  );
}

const step = 1e-5;
/** Central differences of the float64 reference. */
function differences(loss: Tensor, given: Record<string, number[]>, name: string): Float64Array {
  return Float64Array.from(given[name]!, (value, n) => {
    const at = (moved: number): number => compute([loss], { ...given, [name]: given[name]!.with(n, moved) })[0]![0]!;
    return (at(value + step) - at(value - step)) / (2 * step);
  });
}

function expectNear(got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number, what: string): void {
  expect(got.length, what).toBe(wanted.length);
  const largestWanted = Math.max(1, ...Array.from(wanted, Math.abs));
  for (let n = 0; n < wanted.length; n++)
    expect(Math.abs(got[n]! - wanted[n]!) / largestWanted, `${what} at ${n}: ${got[n]} for ${wanted[n]}`).toBeLessThan(
      tolerance,
    );
}

function drawn(of: (draw: Draw, random: Random) => Made, seed: number) {
  const random = new Random(seed, 7);
  const made = of((from, below) => from + random.below(below - from), random);
  return { made, random };
}

describe.each(Object.keys(cases))('%s', (name) => {
  test('has the gradient of its float64 values, and that one has its own', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const { made, random } = drawn(cases[name]!, seed);
        const given = valuesOf(made, random);
        const loss = lossOf(made.out, random);
        const by = made.leaves.filter(({ type }) => type === 'float') as Tensor<{ name: string }>[];
        const slopes = gradients(loss, by);
        const got = compute(slopes, given);
        for (const [n, { attributes }] of by.entries())
          expectNear(got[n]!, differences(loss, given, attributes.name), 1e-6, `by ${attributes.name}`);
        const second = lossOf(slopes[0]!, random);
        const [again] = compute(gradients(second, [by[0]!]), given);
        expectNear(again!, differences(second, given, by[0]!.attributes.name), 1e-5, 'second gradient');
      }),
      { numRuns: 25 },
    );
  });

  test('is computed by ONNX Runtime as by the reference, its gradient too, with and without operators of its own', async () => {
    for (const isStandard of [false, true])
      for (let seed = 0; seed < 4; seed++) {
        const { made, random } = drawn(cases[name]!, seed);
        const given = valuesOf(made, random);
        const loss = lossOf(made.out, random);
        const by = made.leaves.filter(({ type }) => type === 'float');
        const wanted = {
          out: made.out,
          loss,
          ...Object.fromEntries(gradients(loss, by).map((one, n) => [`slope ${n}`, one])),
        };
        await expectSame(wanted, made.leaves as Tensor<{ name: string }>[], given, isStandard);
      }
  });
});

async function expectSame(
  wanted: Readonly<Record<string, Tensor>>,
  leaves: readonly Tensor<{ name: string }>[],
  given: Record<string, number[]>,
  isStandard: boolean,
): Promise<void> {
  const { model, inputs } = toOnnx(wanted, { name: 'test', isStandard });
  const forms = Object.fromEntries([...leaves.map((leaf) => [leaf.attributes.name, leaf]), ...Object.entries(wanted)]);
  const graph = await runner.open(model, forms);
  const feeds = Object.fromEntries(
    inputs.map((name): [string, GraphArray] => {
      const isIndex = leaves.find(({ attributes }) => attributes.name === name)!.type === 'int64';
      return [name, isIndex ? BigInt64Array.from(given[name]!, BigInt) : Float32Array.from(given[name]!)];
    }),
  );
  const into = Object.fromEntries(
    Object.entries(wanted).map(([name, one]) => [name, new Float32Array(sizeOf(one.shape))]),
  );
  await graph.run(feeds, into);
  await graph.close();
  const reference = compute(
    Object.values(wanted),
    Object.fromEntries(
      Object.entries(given).map(([name, own]) => [
        name,
        own.map((value) =>
          leaves.find(({ attributes }) => attributes.name === name)!.type === 'int64' ? value : Math.fround(value),
        ),
      ]),
    ),
  );
  for (const [n, name] of Object.keys(wanted).entries()) expectNear(into[name]!, reference[n]!, 2e-4, name);
}
