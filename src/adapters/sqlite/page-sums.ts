/**
 * Checksums of the pages of `shop.sqlite`, which SQLite has none of. They are written beside it, into `shop.sums`, when the
 * shop is closed with an empty log, and removed before anything is written again: while they are there, each page must be as
 * they say. (The pages in the log bring checksums of SQLite's own.)
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { ShelfwiseError } from '../../core/errors.ts';
import { ownTag } from '../../core/scratch.ts';

const magic = 0x53_57_53_31;
const pageBytes = 4096;
/** Pages that are read at once. */
const stride = 256;

export function sumsPath(database: string): string {
  return join(dirname(database), 'shop.sums');
}

/** Inside a transaction that holds the write lock, before anything else. */
export function removeSums(database: string): void {
  const path = sumsPath(database);
  if (!existsSync(path)) return;
  rmSync(path, { force: true });
  // Sums that came back after a power cut would call a sound database damaged.
  syncFolder(dirname(database));
}

/** While nobody may write, and the log is empty. */
export function writeSums(database: string): void {
  const path = sumsPath(database);
  const sums = sumsOf(database);
  const head = Uint32Array.of(magic, sums.length, crc32(bytesOf(sums)));
  const unfinished = `${path}.${ownTag}.tmp`;
  writeFileSync(unfinished, Buffer.concat([bytesOf(head), bytesOf(sums)]));
  const file = openSync(unfinished, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(unfinished, path);
}

/**
 * Compares the database with its sums, where there are any.
 *
 * @throws ShelfwiseError `SW_SHOP_CORRUPT` naming the page that differs
 */
export function assertSums(database: string): void {
  const path = sumsPath(database);
  const bytes = readIfThere(path);
  if (!bytes) return;
  const known = parsed(bytes);
  const found = sumsOf(database);
  // Whoever wrote meanwhile took the sums away first.
  if (!existsSync(path) || readIfThere(path)?.equals(bytes) !== true) return;
  if (!known)
    throw corrupt(
      path,
      'checksums of pages',
      'other bytes',
      `Delete the file if the database is sound: shelfwise doctor.`,
    );
  if (known.length !== found.length) throw corrupt(database, `${known.length} pages`, `${found.length}`);
  const page = known.findIndex((sum, n) => sum !== found[n]);
  if (page >= 0) throw corrupt(database, `page ${page + 1} as it was written`, 'other bytes (its checksum differs)');
}

function parsed(bytes: Buffer): Uint32Array | undefined {
  if (bytes.length < 12 || bytes.length % 4 !== 0) return undefined;
  const words = new Uint32Array(Uint8Array.from(bytes).buffer);
  const sums = words.subarray(3);
  return words[0] === magic && words[1] === sums.length && words[2] === crc32(bytesOf(sums)) ? sums : undefined;
}

function sumsOf(database: string): Uint32Array {
  const sums = new Uint32Array(Math.ceil(statSync(database).size / pageBytes));
  const buffer = Buffer.alloc(stride * pageBytes);
  const file = openSync(database, 'r');
  try {
    for (let page = 0; page < sums.length; ) {
      const read = readSync(file, buffer, 0, buffer.length, page * pageBytes);
      if (read === 0) break;
      for (let at = 0; at < read; at += pageBytes)
        sums[page++] = crc32(buffer.subarray(at, Math.min(read, at + pageBytes)));
    }
  } finally {
    closeSync(file);
  }
  return sums;
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function syncFolder(folder: string): void {
  const list = openSync(folder, 'r');
  try {
    fsyncSync(list);
  } finally {
    closeSync(list);
  }
}

function corrupt(
  path: string,
  expected: string,
  got: string,
  hint = 'Restore the shop from a backup, or see what can be rebuilt: shelfwise doctor.',
): ShelfwiseError {
  return new ShelfwiseError('SW_SHOP_CORRUPT', `${path}: expected ${expected}, got ${got}.`, hint, { path });
}
