/** Trains a small sequence model with checkpoints after each step, and prints a hash of its weights: node train-sasrec.ts FOLDER */
import { createHash } from 'node:crypto';
import { openCompute } from '../../src/adapters/compute.ts';
import { Random } from '../../src/core/random.ts';
import { CheckpointFolder } from '../../src/engine/checkpoint-folder.ts';
import { modelSettings } from '../../src/models/registry.ts';
import { sasrec } from '../../src/models/sasrec.ts';

const random = new Random(3);
const [rows, length, items] = [60, 9, 20];
const histories = {
  itemCount: items,
  items: Int32Array.from({ length: rows * length }, () => random.below(items)),
  offsets: Int32Array.from({ length: rows + 1 }, (_, n) => n * length),
  ordered: true,
};
const compute = await openCompute({ threads: 1 });
const settings = { dimensions: 8, layers: 1, length: 8, epochs: 4, patience: 9, learningRate: 0.01 };
const folder = process.argv[2];
const model = await sasrec.fit({ histories }, modelSettings(sasrec, settings), {
  ...{ compute, seed: 1 },
  ...(folder !== undefined && { checkpoints: new CheckpointFolder(folder, 0) }),
  onProgress: (_, note) => note?.startsWith('epoch ') && console.log(note),
});
const hash = createHash('sha256');
for (const [name, array] of Object.entries(model.state().arrays)) hash.update(name).update(new Uint8Array(array));
console.log(`weights ${hash.digest('hex')}`);
await compute.close();
