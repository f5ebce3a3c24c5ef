/** States of a training that is under way, in a folder: whoever trains the same goes on from the newest that can be read. */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ownTag } from '../core/scratch.ts';
import type { Checkpoints, ModelState } from '../models/model.ts';
import { loadState, saveState } from '../models/state-file.ts';

export class CheckpointFolder implements Checkpoints {
  readonly everyMs: number;
  readonly #folder: string;

  /** @param folder - of this training alone; its name says all that it depends on */
  constructor(folder: string, everyMs = 60_000) {
    this.#folder = folder;
    this.everyMs = everyMs;
  }

  async read(): Promise<ModelState | undefined> {
    for (const name of (await this.#numbered()).toReversed()) {
      const state = await loadState(join(this.#folder, name)).catch(() => undefined);
      if (state) return state;
    }
    return undefined;
  }

  /** Written beside and renamed; the one before goes when the new one stands. */
  async write(state: ModelState): Promise<void> {
    const before = await this.#numbered();
    const beside = join(this.#folder, `.writing-${ownTag}`);
    await mkdir(this.#folder, { recursive: true });
    await rm(beside, { recursive: true, force: true });
    await saveState(beside, state);
    await rename(beside, join(this.#folder, String(Number(before.at(-1) ?? 0) + 1)));
    for (const name of before) await rm(join(this.#folder, name), { recursive: true, force: true });
  }

  clear(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }

  async #numbered(): Promise<string[]> {
    const names = await readdir(this.#folder).catch(() => []);
    return names.filter((name) => /^\d+$/u.test(name)).sort((a, b) => Number(a) - Number(b));
  }
}
