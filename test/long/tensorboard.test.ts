/** The real TensorBoard reads what trainings tell. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { pythonWith } from '../../bench/peers/python-peer.ts';
import { RunFiles } from '../../src/engine/run-files.ts';

test('TensorBoard finds the scalars of each run', async ({ skip }) => {
  // Its command line needs setuptools before it is asked for anything.
  const found = await pythonWith(['tensorboard', 'setuptools<81']);
  if ('skipped' in found) {
    console.log(found.skipped);
    return skip(found.skipped);
  }
  const root = await mkdtemp(join(tmpdir(), 'runs-'));
  try {
    const record = new RunFiles(root).begin('sasrec');
    for (let step = 10; step <= 50; step += 10) record({ step, values: { loss: 100 / step, rate: 0.001 } });
    record({ step: 50, values: { 'NDCG@10': 0.0432 } });
    const script = fileURLToPath(new URL('../../bench/peers/read_tensorboard.py', import.meta.url));
    const { stdout } = await promisify(execFile)(found.python, [script, root]);
    const [run] = Object.values(JSON.parse(stdout) as Record<string, Record<string, [number, number][]>>);
    expect(run!['loss']).toEqual([10, 20, 30, 40, 50].map((step) => [step, Math.fround(100 / step)]));
    expect(run!['NDCG@10']).toEqual([[50, Math.fround(0.0432)]]);
  } finally {
    await rm(root, { recursive: true });
  }
}, 600_000);
