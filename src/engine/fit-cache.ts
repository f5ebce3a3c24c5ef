/**
 * Fitted models and the figures of trial fits, kept on disk by what they were made from: the data's hash, the model, its
 * complete settings, the seed, and the version of the code. Anything damaged is made again.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ownTag, sweepScratch } from '../core/scratch.ts';
import type { FitData } from '../data/fit-data.ts';
import type { Histories } from '../data/histories.ts';
import type { FitContext, Model, ModelDefinition, Settings } from '../models/model.ts';
import { loadState, saveState } from '../models/state-file.ts';
import { CheckpointFolder } from './checkpoint-folder.ts';
import { hashOfHistories, hashOfParts } from './fit-inputs.ts';

/** Fits beyond this many bytes push out the ones that were used longest ago. */
const capacityBytes = 20 * 2 ** 30;

export interface FitCost {
  /** Cost of the fit when it was made. */
  readonly seconds: number;
  /** Largest resident memory of the process up to the end of the fit. */
  readonly peakMemoryBytes: number;
}

export interface Fitted extends FitCost {
  readonly model: Model;
  readonly reused: boolean;
}

/** `$SHELFWISE_CACHE`, or the place where this system keeps a user's caches. */
export function defaultCacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const { SHELFWISE_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = environment;
  if (SHELFWISE_CACHE) return SHELFWISE_CACHE;
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'shelfwise', 'cache');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'shelfwise');
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'shelfwise');
}

export class FitCache {
  readonly #folder: string | undefined;
  #version: Promise<string> | undefined;

  /** @param folder - where to keep fits; undefined keeps nothing */
  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  /** @param settings - complete (`modelSettings`) */
  async fit(definition: ModelDefinition, data: FitData, settings: Settings, context: FitContext): Promise<Fitted> {
    const parts = hashOfParts(definition, data);
    const folder =
      this.#folder && parts !== undefined
        ? join(this.#folder, 'fits', await this.#key(definition, data.histories, settings, context, parts))
        : undefined;
    const known = folder && (await reuse(folder, definition, context));
    if (known) return known;
    const started = performance.now();
    const checkpoints =
      folder === undefined ? undefined : new CheckpointFolder(join(this.#folder!, 'checkpoints', basename(folder)));
    const model = await definition.fit(data, settings, { ...context, ...(checkpoints && { checkpoints }) });
    const cost: FitCost = {
      seconds: (performance.now() - started) / 1000,
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    };
    if (folder) {
      await keep(folder, model, cost);
      await checkpoints?.clear();
      await this.#makeRoom();
    }
    return { model, reused: false, ...cost };
  }

  /** A number that belongs to a fit (its figure on validation), computed once. */
  async figure(
    what: string,
    definition: ModelDefinition,
    histories: Histories,
    settings: Settings,
    context: FitContext,
    compute: () => Promise<number>,
  ): Promise<number> {
    if (!this.#folder) return compute();
    const key = await this.#key(definition, histories, settings, context);
    const path = join(this.#folder, 'figures', `${key}-${digest(what)}.json`);
    const known = await readFile(path, 'utf8').catch(() => undefined);
    const value = known === undefined ? Number.NaN : Number(known);
    if (Number.isFinite(value)) return value;
    const figure = await compute();
    await mkdir(join(this.#folder, 'figures'), { recursive: true });
    await writeFile(path, String(figure));
    return figure;
  }

  async #key(
    { name }: ModelDefinition,
    histories: Histories,
    settings: Settings,
    { seed }: FitContext,
    beside = '',
  ): Promise<string> {
    this.#version ??= codeVersion();
    const ordered = Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1));
    const data = hashOfHistories(histories);
    const parts = { version: await this.#version, data, name, settings: ordered, seed, ...(beside && { beside }) };
    return `${name}-${digest(JSON.stringify(parts))}`;
  }

  async #makeRoom(): Promise<void> {
    const fits = join(this.#folder!, 'fits');
    const kept: { path: string; used: number; bytes: number }[] = [];
    for (const name of await readdir(fits)) {
      const path = join(fits, name);
      const weights = await stat(join(path, 'weights.safetensors')).catch(() => undefined);
      const folder = await stat(path).catch(() => undefined);
      if (weights && folder) kept.push({ path, used: folder.mtimeMs, bytes: weights.size });
    }
    let total = kept.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { path, bytes } of kept.sort((a, b) => a.used - b.used).slice(0, -1)) {
      if (total <= capacityBytes) break;
      await rm(path, { recursive: true, force: true });
      total -= bytes;
    }
  }
}

async function reuse(folder: string, definition: ModelDefinition, context: FitContext): Promise<Fitted | undefined> {
  if (!existsSync(folder)) return undefined;
  try {
    const cost = JSON.parse(await readFile(join(folder, 'fit.json'), 'utf8')) as FitCost;
    const model = await definition.load(await loadState(folder), context.compute);
    await utimes(folder, new Date(), new Date());
    return { model, reused: true, seconds: cost.seconds, peakMemoryBytes: cost.peakMemoryBytes };
  } catch {
    await rm(folder, { recursive: true, force: true });
    return undefined;
  }
}

/** Written beside and renamed, so that a stopped process leaves nothing half-visible. */
async function keep(folder: string, model: Model, cost: FitCost): Promise<void> {
  await mkdir(join(folder, '..'), { recursive: true });
  sweepScratch(join(folder, '..'));
  const unfinished = await mkdtemp(join(folder, '..', `.writing-${ownTag}-`));
  try {
    await saveState(unfinished, model.state());
    await writeFile(join(unfinished, 'fit.json'), `${JSON.stringify(cost)}\n`);
    // Another process may have kept the same fit meanwhile.
    await rename(unfinished, folder).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** The package's version with a digest of the code that fits: an edited model must not find the old one's fits. */
async function codeVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  const hash = createHash('sha256');
  for (const part of ['../models/', '../math/']) {
    const root = fileURLToPath(new URL(part, import.meta.url));
    for (const file of (await readdir(root, { recursive: true })).sort()) {
      if (/\.(ts|js|wasm)$/.test(file) && !/\.(test|d)\.ts$/.test(file)) hash.update(await readFile(join(root, file)));
    }
  }
  return `${version}+${hash.digest('hex').slice(0, 16)}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}
