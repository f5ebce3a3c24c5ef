/**
 * Files while they are written: scratch under `.writing-TAG-NAME`, synced, that gets its own name just before the
 * transaction that makes it part of the shop. So a file under a name of the shop's own is whole.
 */
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ownTag, sweepScratch, tagIn } from '../../core/scratch.ts';

/** Drafts that this thread writes just now. */
const active = new Set<string>();

export function draftPath(folder: string, name: string): string {
  const path = join(folder, `.writing-${ownTag}-${name}`);
  active.add(path);
  return path;
}

/** Gives a synced draft its name, durably. */
export function publishDraft(folder: string, name: string): void {
  const path = draftPath(folder, name);
  renameSync(path, join(folder, name));
  active.delete(path);
  const list = openSync(folder, 'r');
  try {
    fsyncSync(list);
  } finally {
    closeSync(list);
  }
}

export function dropDraft(folder: string, name: string): void {
  const path = draftPath(folder, name);
  rmSync(path, { force: true });
  active.delete(path);
}

export function isDraft(name: string): boolean {
  return name.startsWith('.writing-') && tagIn(name) !== undefined;
}

/** Removes drafts that a dead process left, or this thread itself. */
export function sweepDrafts(folder: string): void {
  sweepScratch(folder);
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder))
    if (tagIn(name) === ownTag && !active.has(join(folder, name))) rmSync(join(folder, name), { force: true });
}
