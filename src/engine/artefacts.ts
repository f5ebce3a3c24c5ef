/**
 * Trained artefacts in generations: `models/GENERATION/...` is written beside, synced and renamed, then
 * `models/current.json` is replaced, so that a reader sees a whole generation or the one before. Damage is recognised by
 * checksums; the generations before stay, to answer in its place.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, renameSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ShelfwiseError } from '../core/errors.ts';
import { ownTag, sweepScratch } from '../core/scratch.ts';
import { named } from '../core/system-errors.ts';
import type { TrainingRight } from '../data/shop-store.ts';

/** How many generations stay for rolling back. */
const kept = 3;

export interface Generation {
  readonly number: number;
  readonly folder: string;
}

/** The generations of a shop in the order in which they answer: the current one, those before it, those after. */
export interface Generations {
  /** The number that `current.json` names; absent before the first training, and where the file is lost. */
  readonly current: number | undefined;
  readonly all: readonly Generation[];
}

export async function generationsOf(shopFolder: string): Promise<Generations> {
  const current = await currentNumber(shopFolder);
  const newest = (await numbersIn(shopFolder)).sort((a, b) => b - a);
  // A generation that was rolled back answers last.
  const before = newest.filter((number) => current === undefined || number < current);
  const after = newest.filter((number) => current !== undefined && number > current);
  const order = [...(current === undefined ? [] : [current]), ...before, ...after];
  return { current, all: order.map((number) => ({ number, folder: generationFolder(shopFolder, number) })) };
}

export async function currentGeneration(shopFolder: string): Promise<Generation | undefined> {
  const { current, all } = await generationsOf(shopFolder);
  return current === undefined ? undefined : all[0];
}

async function currentText(shopFolder: string): Promise<string | undefined> {
  return readFile(currentPath(shopFolder), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

async function currentNumber(shopFolder: string): Promise<number | undefined> {
  try {
    const { generation } = JSON.parse((await currentText(shopFolder)) ?? '{}') as { generation?: unknown };
    return Number.isSafeInteger(generation) ? (generation as number) : undefined;
  } catch {
    return undefined;
  }
}

async function numbersIn(shopFolder: string): Promise<number[]> {
  const names = await readdir(join(shopFolder, 'models')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => /^\d{6,}$/.test(name)).map(Number);
}

/**
 * Writes the next generation with `write`, makes it current, and removes all but the newest few.
 *
 * @throws ShelfwiseError `SW_SHOP_BUSY` where the right to train was lost meanwhile; nothing is published then
 */
export async function writeGeneration(
  shopFolder: string,
  right: TrainingRight,
  write: (folder: string) => Promise<void>,
): Promise<Generation> {
  const models = join(shopFolder, 'models');
  return named(models, async () => {
    await mkdir(models, { recursive: true });
    sweepScratch(models);
    const name = randomBytes(4).toString('hex');
    const unfinished = join(models, `.writing-${ownTag}-${name}`);
    // A number that was ever current is not given again, even where its folder is gone.
    const before = (await currentNumber(shopFolder)) ?? 0;
    await mkdir(unfinished);
    try {
      await write(unfinished);
      await writeChecksums(unfinished);
      const number = right.publish(() => {
        const numbers = readdirSync(models).filter((name) => /^\d{6,}$/.test(name));
        const next = Math.max(before, ...numbers.map(Number)) + 1;
        renameSync(unfinished, generationFolder(shopFolder, next));
        return next;
      });
      await makeCurrent(shopFolder, right, number);
      const old = (await numbersIn(shopFolder)).sort((a, b) => b - a).slice(kept);
      for (const one of old) await rm(generationFolder(shopFolder, one), { recursive: true, force: true });
      return { number, folder: generationFolder(shopFolder, number) };
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true });
      throw error;
    }
  });
}

/**
 * Makes another generation the current one.
 *
 * @throws ShelfwiseError `SW_SHOP_BUSY` where the right to train was lost meanwhile
 */
export async function makeCurrent(shopFolder: string, right: TrainingRight, number: number): Promise<void> {
  const models = join(shopFolder, 'models');
  await named(models, async () => {
    sweepScratch(models);
    const pointer = `${currentPath(shopFolder)}.${randomBytes(4).toString('hex')}.${ownTag}.tmp`;
    try {
      await writeDurably(pointer, JSON.stringify({ generation: number }));
      right.publish(() => renameSync(pointer, currentPath(shopFolder)));
    } catch (error) {
      await rm(pointer, { force: true });
      throw error;
    }
  });
}

/** Checksums of the files that bring none of their own. */
async function writeChecksums(folder: string): Promise<void> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isFile()) files[entry.name] = sha256(await readFile(join(folder, entry.name)));
  await replaceFile(join(folder, 'checksums.json'), `${JSON.stringify({ sha256: files }, null, 2)}\n`);
}

/** @throws ShelfwiseError `SW_MODEL_STATE` naming the file that is missing or damaged */
export async function assertChecksums(folder: string): Promise<void> {
  const path = join(folder, 'checksums.json');
  const files = await readFile(path, 'utf8')
    .then((text) => Object.entries((JSON.parse(text) as { sha256: Record<string, string> }).sha256))
    .catch((error: Error) => {
      throw damaged(path, error.message);
    });
  if (files.length === 0) throw damaged(path, 'it names no files');
  for (const [name, expected] of files) {
    const file = join(folder, name);
    const bytes = await readFile(file).catch((error: Error) => {
      throw damaged(file, error.message);
    });
    if (sha256(bytes) !== expected) throw damaged(file, 'its checksum differs');
  }
}

function damaged(path: string, got: string): ShelfwiseError {
  return new ShelfwiseError('SW_MODEL_STATE', `${path}: expected a whole file, got: ${got}.`, 'Train again.', { path });
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Replaces a file so that a reader sees the old bytes or the new, also after a power cut. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const unfinished = `${path}.${ownTag}.tmp`;
  await writeDurably(unfinished, text);
  await rename(unfinished, path);
}

async function writeDurably(path: string, text: string): Promise<void> {
  await writeFile(path, text);
  const file = await open(path, 'r+');
  await file.sync().finally(() => file.close());
}

export function currentPath(shopFolder: string): string {
  return join(shopFolder, 'models', 'current.json');
}

function generationFolder(shopFolder: string, number: number): string {
  return join(shopFolder, 'models', String(number).padStart(6, '0'));
}
