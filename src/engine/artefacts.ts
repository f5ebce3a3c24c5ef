/**
 * Trained artefacts in generations: `models/GENERATION/...` is written beside, synced and renamed, then
 * `models/current.json` is replaced, so that a reader sees a whole generation or the one before.
 */
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ShelfwiseError } from '../core/errors.ts';
import { ownTag } from '../core/scratch.ts';

/** How many generations stay for rolling back. */
const kept = 3;

export interface Generation {
  readonly number: number;
  readonly folder: string;
}

export async function currentGeneration(shopFolder: string): Promise<Generation | undefined> {
  const path = join(shopFolder, 'models', 'current.json');
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    const number = (JSON.parse(text) as { generation: unknown }).generation;
    if (!Number.isInteger(number)) throw new Error('no generation number');
    return { number: number as number, folder: generationFolder(shopFolder, number as number) };
  } catch (error) {
    const hint = 'Delete the file and run `shelfwise train`.';
    throw new ShelfwiseError(
      'SW_SHOP_CORRUPT',
      `${path}: expected {"generation": N}, ${(error as Error).message}.`,
      hint,
    );
  }
}

/** Writes the next generation with `write`, makes it current, and removes all but the newest few. */
export async function writeGeneration(
  shopFolder: string,
  write: (folder: string) => Promise<void>,
): Promise<Generation> {
  const models = join(shopFolder, 'models');
  await mkdir(models, { recursive: true });
  const numbers = (await readdir(models)).filter((name) => /^\d+$/.test(name)).map(Number);
  const number = Math.max(0, ...numbers) + 1;
  const folder = generationFolder(shopFolder, number);
  const unfinished = join(models, `.writing-${ownTag}-${number}`);
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished);
  try {
    await write(unfinished);
    await rename(unfinished, folder);
    await replaceFile(join(models, 'current.json'), JSON.stringify({ generation: number }));
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
  for (const old of numbers.sort((a, b) => b - a).slice(kept - 1)) {
    await rm(generationFolder(shopFolder, old), { recursive: true, force: true });
  }
  return { number, folder };
}

/** Replaces a file so that a reader sees the old bytes or the new, also after a power cut. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const unfinished = `${path}.${ownTag}.tmp`;
  await writeFile(unfinished, text);
  const file = await open(unfinished, 'r+');
  await file.sync().finally(() => file.close());
  await rename(unfinished, path);
}

function generationFolder(shopFolder: string, number: number): string {
  return join(shopFolder, 'models', String(number).padStart(6, '0'));
}
