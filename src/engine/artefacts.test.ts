import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import type { TrainingRight } from '../data/shop-store.ts';
import { assertChecksums, currentGeneration, generationsOf, replaceFile, writeGeneration } from './artefacts.ts';

const right: TrainingRight = { token: '', publish: (work) => work(), end: () => undefined };

let shop: string;
beforeEach(async () => {
  shop = await mkdtemp(join(tmpdir(), 'artefacts-'));
});

const saying = (text: string) => (folder: string) => writeFile(join(folder, 'word'), text);

test('a generation is current once it is written whole', async () => {
  expect(await currentGeneration(shop)).toBeUndefined();
  await writeGeneration(shop, right, saying('one'));
  await writeGeneration(shop, right, saying('two'));
  const current = await currentGeneration(shop);
  expect(current?.number).toBe(2);
  expect(await readFile(join(current!.folder, 'word'), 'utf8')).toBe('two');
});

test('a failed generation leaves the one before in place and no trace', async () => {
  await writeGeneration(shop, right, saying('one'));
  const failing = writeGeneration(shop, right, async (folder) => {
    await saying('half')(folder);
    throw new Error('power cut');
  });
  await expect(failing).rejects.toThrow('power cut');
  expect((await currentGeneration(shop))?.number).toBe(1);
  expect(await readdir(join(shop, 'models'))).toEqual(['000001', 'current.json']);
});

test('the newest three generations are kept', async () => {
  for (const word of ['a', 'b', 'c', 'd', 'e']) await writeGeneration(shop, right, saying(word));
  expect(await readdir(join(shop, 'models'))).toEqual(['000003', '000004', '000005', 'current.json']);
});

test('who lost the right to train publishes nothing', async () => {
  await writeGeneration(shop, right, saying('one'));
  const lost: TrainingRight = {
    token: '',
    publish: () => {
      throw new Error('another trains');
    },
    end: () => undefined,
  };
  await expect(writeGeneration(shop, lost, saying('two'))).rejects.toThrow('another trains');
  expect(await readdir(join(shop, 'models'))).toEqual(['000001', 'current.json']);
});

test('two that write at once do not mix', async () => {
  const both = (word: string) => async (to: string) => {
    await writeFile(join(to, 'word'), word);
    await setImmediate();
    await writeFile(join(to, 'again'), word);
  };
  const made = await Promise.all(['a', 'b'].map((word) => writeGeneration(shop, right, both(word))));
  expect(made.map(({ number }) => number).sort()).toEqual([1, 2]);
  for (const { folder } of made) {
    await assertChecksums(folder);
    expect(await readFile(join(folder, 'word'))).toEqual(await readFile(join(folder, 'again')));
  }
});

test('the current generation answers first, then those before it, then those after; a pointer that is lost names none', async () => {
  for (const word of ['a', 'b', 'c']) await writeGeneration(shop, right, saying(word));
  const order = async () => (await generationsOf(shop)).all.map(({ number }) => number);
  await replaceFile(join(shop, 'models', 'current.json'), '{"generation": 2}');
  expect(await order()).toEqual([2, 1, 3]);
  for (const damage of ['{', '', '{"generation": "x"}', 'null']) {
    await writeFile(join(shop, 'models', 'current.json'), damage);
    expect([await order(), await currentGeneration(shop)]).toEqual([[3, 2, 1], undefined]);
  }
  await rm(join(shop, 'models', 'current.json'));
  expect(await order()).toEqual([3, 2, 1]);
});

test('a file that changed, or is gone, is named', async () => {
  const { folder } = await writeGeneration(shop, right, saying('one'));
  await assertChecksums(folder);
  await writeFile(join(folder, 'word'), 'onE');
  await expect(assertChecksums(folder)).rejects.toMatchObject({ code: 'SW_MODEL_STATE', message: /word.*checksum/ });
  await rm(join(folder, 'word'));
  await expect(assertChecksums(folder)).rejects.toMatchObject({ code: 'SW_MODEL_STATE', message: /word/ });
  for (const list of ['', '{}', '{"sha256": {}}']) {
    await writeFile(join(folder, 'checksums.json'), list);
    await expect(assertChecksums(folder)).rejects.toMatchObject({ code: 'SW_MODEL_STATE', message: /checksums/ });
  }
});
