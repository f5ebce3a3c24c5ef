/** One of our models beside one of the package `implicit` on Gowalla: rounds interleaved, the same judge for both lists. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCompute } from '../../src/adapters/compute.ts';
import { readInteractions } from '../../src/data/formats/interaction-folder.ts';
import { rowCount } from '../../src/data/histories.ts';
import type { Case } from '../../src/evaluation/cases.ts';
import { givenUsers } from '../../src/evaluation/protocols/given-users.ts';
import { rankCases } from '../../src/evaluation/rank.ts';
import type { Model, ModelDefinition, Setting } from '../../src/models/model.ts';
import { modelSettings } from '../../src/models/registry.ts';
import { benchFlags, dataPath, median, print } from './comparison.ts';
import { PythonPeer, pythonWith } from './python-peer.ts';

const threads = 2;
const length = 20;

export interface GowallaComparison {
  readonly name: string;
  readonly definition: ModelDefinition;
  /** @param meanLength - items of a mean user */
  readonly settings: (meanLength: number) => Readonly<Record<string, Setting>>;
  readonly peer: { readonly kind: string; readonly settings: Readonly<Record<string, number>> };
}

export async function compareOnGowalla(comparison: GowallaComparison): Promise<void> {
  const flags = benchFlags({ rounds: { type: 'string', default: '3' } });
  const { train, test } = await readInteractions(dataPath('gowalla'), 1);
  const cases = givenUsers(train, test, { seen: 'mask', seed: 1 }).test;
  const settings = modelSettings(comparison.definition, comparison.settings(train.items.length / rowCount(train)));
  const compute = await openCompute({ threads });
  const found = await pythonWith(['numpy', 'scipy', 'implicit']);
  const folder = mkdtempSync(join(tmpdir(), 'bench-gowalla-'));
  try {
    writeFileSync(join(folder, 'offsets.bin'), train.offsets);
    writeFileSync(join(folder, 'items.bin'), train.items);
    const given = JSON.stringify({ ...comparison.peer.settings, items: train.itemCount, threads });
    const env = { OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: String(threads) };
    const script = 'implicit_models.py';
    const peer =
      'python' in found ? new PythonPeer(found.python, script, [folder, comparison.peer.kind, given], env) : undefined;
    const ours: number[] = [];
    const theirs: number[] = [];
    let model: Model | undefined;
    for (let round = 0; round < Number(flags.rounds); round++) {
      const started = performance.now();
      model = await comparison.definition.fit({ histories: train }, settings, { compute, seed: 1 });
      ours.push((performance.now() - started) / 1000);
      if (peer) theirs.push((await peer.ask<{ seconds: number }>('fit')).seconds);
    }
    const lists = (await rankCases(model!, cases, { depth: length })).map(({ list }) => list);
    const figures = { 'fit seconds': median(ours), 'Recall@20': recall(cases, lists) };
    if (!peer) {
      const peers = { implicit: (found as { skipped: string }).skipped };
      print({ name: comparison.name, figures, peers, ratios: {} }, flags);
      return;
    }
    await peer.ask('lists');
    peer.close();
    const bytes = readFileSync(join(folder, 'lists.bin'));
    const rows = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const peerLists = cases.map(({ query }) => rows.subarray(query.row! * length, (query.row! + 1) * length));
    const implicit = { 'fit seconds': median(theirs), 'Recall@20': recall(cases, peerLists) };
    const ratios = { 'fit seconds': figures['fit seconds'] / implicit['fit seconds'] };
    print({ name: comparison.name, figures, peers: { implicit }, ratios }, flags);
  } finally {
    await compute.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Mean share of the right answers that stand in a list. */
function recall(cases: readonly Case[], lists: readonly Int32Array[]): number {
  let sum = 0;
  for (const [n, { targets }] of cases.entries()) {
    const wanted = new Set(targets);
    let hits = 0;
    for (const item of lists[n]!) if (wanted.has(item)) hits++;
    sum += hits / targets.length;
  }
  return sum / cases.length;
}
