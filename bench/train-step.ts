/**
 * Training a transformer on sequences beside PyTorch on the CPU: the same weights, the same batches, two threads each, in turns.
 * A step of 128 histories of 50 items with 512 drawn ones, without and with dropout; an epoch of Amazon Beauty, packed, with the
 * softmax over its whole catalogue. The losses after the last step without dropout stand beside the times.
 *
 * node bench/train-step.ts [--steps 20] [--rounds 3] [--epochs 1] [--json]
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openOnnxGraphRunner } from '../src/adapters/onnx/onnx-graph-runner.ts';
import { Random } from '../src/core/random.ts';
import { readSequences } from '../src/data/formats/sequence-file.ts';
import { leaveOneOut } from '../src/evaluation/protocols/leave-one-out.ts';
import type { GraphArray } from '../src/math/graph-runner.ts';
import { causalMask } from '../src/math/training/layers.ts';
import { TrainingGraph } from '../src/math/training/training-graph.ts';
import { emptyBatch, fillBatch } from '../src/models/neural/sequence-batch.ts';
import { SequenceNetwork } from '../src/models/neural/sequence-network.ts';
import { nextItems, packed, windowsOf } from '../src/models/neural/sequences.ts';
import { transformer } from '../src/models/neural/transformer-layers.ts';
import { benchFlags, dataPath, type Figures, median, print } from './peers/comparison.ts';
import { PythonPeer, pythonWith } from './peers/python-peer.ts';

const flags = benchFlags({
  steps: { type: 'string', default: '20' },
  rounds: { type: 'string', default: '3' },
  epochs: { type: 'string', default: '1' },
});
const threads = 2;
const [size, layers, heads, rate, length] = [64, 2, 2, 1e-3, 50];
type Feeds = Readonly<Record<string, GraphArray>>;

interface Work {
  readonly name: string;
  readonly items: number;
  readonly rows: number;
  readonly drawn: number;
  readonly dropout: number;
  readonly batches: readonly Feeds[];
}

const runner = await openOnnxGraphRunner(threads);
const found = await pythonWith(['torch']);
const folder = mkdtempSync(join(tmpdir(), 'bench-train-'));
const figures: Record<string, number> = {};
const theirs: Record<string, number> = {};
const ratios: Record<string, number> = {};
try {
  const drawn = drawnBatches(Number(flags.steps));
  for (const dropout of [0, 0.2]) {
    const work = { name: `step, dropout ${dropout}`, items: 12_000, rows: 128, drawn: 512, dropout, batches: drawn };
    await compare(work, Number(flags.rounds), 'ms');
  }
  const { batches, items, rows } = await beautyBatches();
  const epoch = { name: 'epoch of Beauty', items, rows, drawn: 0, dropout: 0.2, batches };
  await compare(epoch, Number(flags.epochs), 's');
  const peer = 'python' in found ? theirs : found.skipped;
  print({ name: 'train-step', figures, peers: { 'PyTorch, CPU': peer as Figures | string }, ratios }, flags);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Random histories, frequent items as often as they are in stores. */
function drawnBatches(count: number): Feeds[] {
  const random = new Random(2);
  const [rows, items, drawn] = [128, 12_000, 512];
  const item = (): bigint => BigInt(Math.floor(items ** random.uniform()) - 1);
  const mask = new Float32Array(rows * length * length);
  for (let row = 0; row < rows; row++) mask.set(causalMask(length), row * length * length);
  return Array.from({ length: count }, () => ({
    items: BigInt64Array.from({ length: rows * length }, item),
    places: BigInt64Array.from({ length: rows * length }, (_, n) => BigInt(length - 1 - (n % length))),
    targets: BigInt64Array.from({ length: rows * length }, item),
    weights: new Float32Array(rows * length).fill(1),
    mask,
    draws: BigInt64Array.from({ length: drawn }, item),
    drawsLogQ: new Float32Array(drawn),
  }));
}

async function beautyBatches(): Promise<{ batches: Feeds[]; items: number; rows: number }> {
  const { histories } = await readSequences(dataPath('amazon-beauty/Beauty.txt.gz'), 1);
  const { train } = leaveOneOut(histories, { seen: 'mask', refit: false });
  const rows = 41;
  const sequences = windowsOf(train, length).map(nextItems);
  const batches = packed(sequences, { rows, length, seed: 1, epoch: 0 }).map((placed) => {
    const batch = emptyBatch(rows, length);
    fillBatch(batch, placed, { items: train.items, marks: {}, looksAhead: false }, length);
    const { items, places, targets, weights, mask } = batch;
    return { items, places, targets, weights, mask };
  });
  return { batches, items: train.itemCount, rows };
}

async function compare(work: Work, rounds: number, unit: 'ms' | 's'): Promise<void> {
  const { name, items, rows, drawn, dropout, batches } = work;
  const form = { items, size, length, dropout, layers: transformer('sasrec', { dimensions: size, layers, heads }) };
  const network = new SequenceNetwork({ ...form, isTwoSided: false, hides: false, marks: [], features: 0 }, 1);
  const { loss, masks } = network.training({
    ...{ rowsOfBatch: rows, length, drawn, calibration: 0, pairs: 0, contrastive: 0 },
    loss: drawn > 0 ? 'sampled-softmax' : 'softmax',
  });
  const { parameters } = network;
  const training = await TrainingGraph.open(runner, { parameters, masks, loss, seed: 1, optimiser: { kind: 'adam' } });
  const peer = 'python' in found ? startPeer(found.python, work, parameters.values) : undefined;
  const times = { ours: [] as number[], theirs: [] as number[] };
  let [last, theirLast] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    const started: number[] = [];
    const begun = performance.now();
    for (const batch of batches) {
      const now = performance.now();
      last = (await training.step(batch, rate)).loss;
      started.push(performance.now() - now);
    }
    times.ours.push(unit === 'ms' ? median(started) : (performance.now() - begun) / 1000);
    if (!peer) continue;
    const answer = await peer.ask<{ steps: number[]; loss: number }>('steps');
    times.theirs.push(unit === 'ms' ? median(answer.steps) * 1000 : answer.steps.reduce((a, b) => a + b, 0));
    theirLast = answer.loss;
  }
  await training.close();
  peer?.close();
  figures[`${name}, ${unit}`] = median(times.ours);
  if (dropout === 0) figures['loss after the last step'] = last;
  if (!peer) return;
  theirs[`${name}, ${unit}`] = median(times.theirs);
  if (dropout === 0) theirs['loss after the last step'] = theirLast;
  ratios[`${name} over PyTorch`] = median(times.ours) / median(times.theirs);
}

function startPeer(python: string, work: Work, weights: Readonly<Record<string, Float32Array>>): PythonPeer {
  const at = join(folder, work.name.replaceAll(/\W+/gu, '-'));
  mkdirSync(at);
  for (const [name, values] of Object.entries(weights)) writeFileSync(join(at, `weight ${name}.bin`), values);
  for (const [n, batch] of work.batches.entries())
    for (const [name, values] of Object.entries(batch)) writeFileSync(join(at, `${n} ${name}.bin`), values);
  const { items, rows, drawn, dropout, batches } = work;
  const given = { items, rows, drawn, dropout, size, layers, heads, length, rate, batches: batches.length, threads };
  return new PythonPeer(python, 'torch_training.py', [at, JSON.stringify(given)], {});
}
