/**
 * Scratch files carry in their names who writes them: `.writing-TAG-NAME`, `NAME.TAG.tmp`, folders `spill-TAG`. So what a
 * killed process left can be told from what a living one writes, and swept.
 *
 * A tag is `HOST-PID-START-THREAD`. HOST stands for host name, boot and process namespace, within which process numbers mean
 * something; START tells two processes of one number apart, as in a container that was started again.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';

const tagPattern = '([0-9a-f]{8})-(\\d+)-([0-9a-z]+)-(\\d+)';
const wholeTag = new RegExp(`^${tagPattern}$`);
const scratchName = new RegExp(`^(?:\\.writing-|spill-)(${tagPattern})(?:-|$)|\\.(${tagPattern})\\.tmp$`);

/** Scratch of another host, whose processes cannot be asked, is nobody's after this time. */
const foreignMs = 86_400_000;

const host = createHash('sha256')
  .update([hostname(), textOf('/proc/sys/kernel/random/boot_id'), linkOf('/proc/self/ns/pid')].join('\n'))
  .digest('hex')
  .slice(0, 8);

/** Of this process; threads of one process differ in the last part of their tags. */
const processTag = `${host}-${process.pid}-${startOf(process.pid)}`;
export const ownTag: string = `${processTag}-${threadId}`;

/** The tag of another thread of this process. */
export function tagOfThread(thread: number): string {
  return `${processTag}-${thread}`;
}

/** The tag that a scratch file's or folder's name carries. */
export function tagIn(name: string): string | undefined {
  const [, folder, , , , , file] = scratchName.exec(name) ?? [];
  return folder ?? file;
}

const endedThreads = new Set<string>();

/** A thread of this process has ended, whether or not it could tidy up. */
export function noteEnded(thread: number): void {
  endedThreads.add(tagOfThread(thread));
}

/** True where the process, or thread of this process, of a tag surely ended; of another host's nobody knows. */
export function isGone(tag: string): boolean {
  const [, on, pid, start] = wholeTag.exec(tag) ?? [];
  if (on !== host) return false;
  if (endedThreads.has(tag)) return true;
  return !isAlive(Number(pid)) || startOf(Number(pid)) !== start;
}

/** True where the tag is of this host, so that `isGone` knows. */
export function isOfThisHost(tag: string): boolean {
  return tag.startsWith(`${host}-`);
}

/** Removes what dead processes left in a folder; names without a tag are left alone. */
export function sweepScratch(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const tag = tagIn(name);
    if (tag === undefined) continue;
    const path = join(folder, name);
    const left = isGone(tag) || (!isOfThisHost(tag) && Date.now() - ageOf(path) > foreignMs);
    if (left) rmSync(path, { recursive: true, force: true });
  }
}

function ageOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code !== 'ESRCH';
  }
}

/** When a process began, in the kernel's own count; 0 where the system does not tell. */
function startOf(pid: number): string {
  const stat = textOf(`/proc/${pid}/stat`);
  // The second field is the command in brackets and may hold anything.
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return ticks ? Number(ticks).toString(36) : '0';
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
