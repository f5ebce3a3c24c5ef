import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { currentGeneration, writeGeneration } from './artefacts.ts';

let shop: string;
beforeEach(async () => {
  shop = await mkdtemp(join(tmpdir(), 'artefacts-'));
});

const saying = (text: string) => (folder: string) => writeFile(join(folder, 'word'), text);

test('a generation is current once it is written whole', async () => {
  expect(await currentGeneration(shop)).toBeUndefined();
  await writeGeneration(shop, saying('one'));
  await writeGeneration(shop, saying('two'));
  const current = await currentGeneration(shop);
  expect(current?.number).toBe(2);
  expect(await readFile(join(current!.folder, 'word'), 'utf8')).toBe('two');
});

test('a failed generation leaves the one before in place and no trace', async () => {
  await writeGeneration(shop, saying('one'));
  const failing = writeGeneration(shop, async (folder) => {
    await saying('half')(folder);
    throw new Error('power cut');
  });
  await expect(failing).rejects.toThrow('power cut');
  expect((await currentGeneration(shop))?.number).toBe(1);
  expect(await readdir(join(shop, 'models'))).toEqual(['000001', 'current.json']);
});

test('the newest three generations are kept', async () => {
  for (const word of ['a', 'b', 'c', 'd', 'e']) await writeGeneration(shop, saying(word));
  expect(await readdir(join(shop, 'models'))).toEqual(['000003', '000004', '000005', 'current.json']);
});

test('a damaged pointer is named', async () => {
  await writeGeneration(shop, saying('one'));
  await writeFile(join(shop, 'models', 'current.json'), '{');
  await expect(currentGeneration(shop)).rejects.toThrow(/current\.json/);
});
