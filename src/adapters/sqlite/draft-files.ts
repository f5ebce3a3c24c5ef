/**
 * Files while they are written. A draft carries host and process in its name, `.writing-HOST-PID-NAME`, is synced, and
 * gets its own name just before the transaction that makes it part of the shop. So a file under a name of the shop's own
 * is whole, and drafts whose process is gone can be told and swept.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../../core/process-alive.ts';

const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
const pattern = /^\.writing-([0-9a-f]{8})-(\d+)-/;
/** Drafts that this process writes just now. */
const active = new Set<string>();

export function draftPath(folder: string, name: string): string {
  const path = join(folder, `.writing-${host}-${process.pid}-${name}`);
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
  return pattern.test(name);
}

/** Removes drafts of this host whose process is gone. */
export function sweepDrafts(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const [, writer, pid] = pattern.exec(name) ?? [];
    if (writer !== host) continue;
    const path = join(folder, name);
    const gone = Number(pid) === process.pid ? !active.has(path) : !isAlive(Number(pid));
    if (gone) rmSync(path, { force: true });
  }
}
