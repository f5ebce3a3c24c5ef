/**
 * Fitting EASE on Amazon Beauty beside numpy: histories without their last two items, from histories in memory to B, two
 * threads each. `numpy` inverts as the paper's code does; `scipy` calls LAPACK's Cholesky inverse. Both are judged by
 * HR@10 on the last item, the history decayed in the same way, seen items masked.
 *
 * node bench/ease-numpy.ts [--rounds 3] [--json]
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCompute } from '../src/adapters/compute.ts';
import { readSequences } from '../src/data/formats/sequence-file.ts';
import type { Case } from '../src/evaluation/cases.ts';
import { leaveOneOut } from '../src/evaluation/protocols/leave-one-out.ts';
import { rankCases } from '../src/evaluation/rank.ts';
import { ease } from '../src/models/ease.ts';
import type { Model } from '../src/models/model.ts';
import { modelSettings } from '../src/models/registry.ts';
import { benchFlags, dataPath, median, print } from './peers/comparison.ts';
import { PythonPeer, pythonWith } from './peers/python-peer.ts';

const threads = 2;
const length = 10;
const flags = benchFlags({ rounds: { type: 'string', default: '3' } });
const { histories } = await readSequences(dataPath('amazon-beauty/Beauty.txt.gz'), 1);
const { train, test } = leaveOneOut(histories, { seen: 'mask', refit: false });
const settings = modelSettings(ease);
const compute = await openCompute({ threads });
const found = await pythonWith(['numpy', 'scipy']);
const folder = mkdtempSync(join(tmpdir(), 'bench-ease-'));
try {
  writeArrays('', train.offsets, train.items);
  const peer = 'python' in found ? startPeer(found.python) : undefined;
  const seconds: Record<'ours' | 'numpy' | 'scipy', number[]> = { ours: [], numpy: [], scipy: [] };
  let model: Model | undefined;
  for (let round = 0; round < Number(flags.rounds); round++) {
    const started = performance.now();
    model = await ease.fit({ histories: train }, settings, { compute, seed: 1 });
    seconds.ours.push((performance.now() - started) / 1000);
    if (!peer) continue;
    seconds.scipy.push((await peer.ask<{ seconds: number }>('fit-cholesky')).seconds);
    seconds.numpy.push((await peer.ask<{ seconds: number }>('fit')).seconds);
  }
  const lists = (await rankCases(model!, test, { depth: length })).map(({ list }) => list);
  const figures = { 'fit seconds': median(seconds.ours), 'HR@10': hitRate(test, lists) };
  const common = { name: 'ease-numpy', figures };
  if (peer) {
    await peer.ask('lists');
    peer.close();
    const bytes = readFileSync(join(folder, 'lists.bin'));
    const rows = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const peerLists = test.map((_, n) => rows.subarray(n * length, (n + 1) * length));
    const numpy = { 'fit seconds': median(seconds.numpy), 'HR@10': hitRate(test, peerLists) };
    const scipy = { 'fit seconds': median(seconds.scipy) };
    const ratios = {
      'fit seconds over numpy': figures['fit seconds'] / numpy['fit seconds'],
      'fit seconds over scipy': figures['fit seconds'] / scipy['fit seconds'],
    };
    print({ ...common, peers: { numpy, scipy }, ratios }, flags);
  } else {
    print({ ...common, peers: { numpy: (found as { skipped: string }).skipped }, ratios: {} }, flags);
  }
} finally {
  await compute.close();
  rmSync(folder, { recursive: true, force: true });
}

function startPeer(python: string): PythonPeer {
  const offsets = new Int32Array(test.length + 1);
  for (const [n, { query }] of test.entries()) offsets[n + 1] = offsets[n]! + query.items.length;
  const items = new Int32Array(offsets[test.length]!);
  for (const [n, { query }] of test.entries()) items.set(query.items, offsets[n]);
  writeArrays('query-', offsets, items);
  const given = { ...settings, items: train.itemCount };
  const env = { OPENBLAS_NUM_THREADS: String(threads), OMP_NUM_THREADS: String(threads) };
  return new PythonPeer(python, 'ease_numpy.py', [folder, JSON.stringify(given)], env);
}

function writeArrays(prefix: string, offsets: Int32Array, items: Int32Array): void {
  writeFileSync(join(folder, `${prefix}offsets.bin`), offsets);
  writeFileSync(join(folder, `${prefix}items.bin`), items);
}

/** Share of the cases whose one right answer stands in the list. */
function hitRate(cases: readonly Case[], lists: readonly Int32Array[]): number {
  return cases.filter(({ targets }, n) => lists[n]!.includes(targets[0]!)).length / cases.length;
}
