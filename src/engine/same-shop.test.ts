/** The same files and settings make the same shop, in any folder: weights, figures and slates. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openShop } from '../index.ts';
import { writeDemoStore } from '../simulation/demo-store.ts';
import { currentGeneration } from './artefacts.ts';

/** Every file of a generation as text, but for their checksums; without the time and the times of training, and its memory. */
async function filesOf(generation: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(generation, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === 'checksums.json') continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    files[path.slice(generation.length + 1)] = /safetensors$/.test(path)
      ? createHash('sha256').update(bytes).digest('hex')
      : bytes
          .toString('utf8')
          .replaceAll(
            /"seconds": [\d.]+|"parts": \{[^}]*\}|"peakMemoryBytes": \d+|[Tt]rained"?:? "?[\d-]+T[\d:.]+Z/g,
            '',
          );
  }
  return files;
}

test('one import into two shops on two days: the same weights byte for byte, the same figures, the same slates', async () => {
  const root = await mkdtemp(join(tmpdir(), 'same-'));
  try {
    const { files, truth } = await writeDemoStore(root, { seed: 5, products: 80, shoppers: 260, days: 183 });
    const made = [];
    for (const [day, name] of ['one', 'two'].entries()) {
      let now = truth.span[1] + day * 86_400_000;
      await using shop = await openShop(join(root, name), { now: () => now });
      await shop.importFiles(files);
      const { validation, data } = await shop.train();
      now = truth.span[1] + 2 * 86_400_000;
      const customers: string[] = [];
      for await (const { userId } of shop.customers()) customers.push(userId);
      const slates = [];
      for (const user of customers.filter((_, n) => n % 20 === 0))
        slates.push((await shop.recommend({ user, count: 6 })).items);
      const artefacts = await filesOf((await currentGeneration(shop.folder))!.folder);
      made.push({ validation, data, slates, files: artefacts });
    }
    const [one, two] = made as [(typeof made)[0], (typeof made)[0]];
    expect(one.validation.cases).toBeGreaterThan(50);
    expect(one.slates.length).toBeGreaterThan(8);
    expect(one.slates.every((items) => items.length === 6)).toBe(true);
    expect(Object.keys(one.files).filter((name) => name.endsWith('weights.safetensors')).length).toBeGreaterThan(4);
    expect(two).toEqual(one);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}, 240_000);
