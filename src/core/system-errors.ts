/** Refusals of the operating system and of the engines below, in the shop's words. */
import { type ErrorCode, ShelfwiseError } from './errors.ts';

interface Naming {
  readonly code: ErrorCode;
  readonly expected: string;
  readonly hint: string;
}

const room: Naming = {
  code: 'SW_DISK',
  expected: 'room on the disk',
  hint: 'Free some space and try again; nothing that was answered is lost.',
};
const disk: Naming = {
  code: 'SW_DISK',
  expected: 'a disk that reads and writes',
  hint: 'Look at the disk and the system log, then try again.',
};
const right: Naming = {
  code: 'SW_SHOP_READ_ONLY',
  expected: 'the right to write',
  hint: 'Give this user the right to write there, or only read.',
};
const handles: Naming = {
  code: 'SW_DISK',
  expected: 'a file to open',
  hint: 'Too many are open: raise the limit (ulimit -n), or close shops that are not used.',
};
const memory: Naming = {
  code: 'SW_MEMORY',
  expected: 'memory',
  hint: 'Give the analytics engine more (`memoryLimitBytes`), or free some.',
};

const byErrno: Readonly<Record<string, Naming>> = {
  ENOSPC: room,
  EDQUOT: room,
  EFBIG: room,
  EIO: disk,
  EROFS: right,
  EACCES: right,
  EPERM: right,
  EMFILE: handles,
  ENFILE: handles,
  ENOMEM: memory,
};

/** SQLite's primary result codes. */
const bySqlite: Readonly<Record<number, Naming>> = { 3: right, 7: memory, 8: right, 10: disk, 13: room };

/** What DuckDB says has no code. */
const byText: readonly (readonly [RegExp, Naming])[] = [
  [/No space left on device|Disk quota exceeded|File too large/i, room],
  [/Read-only file system|Permission denied|Operation not permitted/i, right],
  [/Too many open files/i, handles],
  [/^Out of Memory Error|failed to (?:allocate|pin|offload)/i, memory],
  [/Input\/output error/i, disk],
];

/** The error with a code and the next step where it is a refusal of the system; any other as it is. */
export function namedSystemError(error: unknown, what: string): unknown {
  if (!(error instanceof Error) || error instanceof ShelfwiseError) return error;
  const { code, errcode } = error as { code?: string; errcode?: number };
  const naming =
    byErrno[code ?? ''] ??
    (errcode === undefined ? undefined : bySqlite[errcode & 0xff]) ??
    (code === undefined || code === 'ERR_SQLITE_ERROR'
      ? byText.find(([pattern]) => pattern.test(error.message))?.[1]
      : undefined);
  if (!naming) return error;
  const { code: name, expected, hint } = naming;
  const got = error.message.replace(/\s+/g, ' ').replace(/\.$/, '');
  return new ShelfwiseError(name, `${what}: expected ${expected}, got: ${got}.`, hint, {}, error);
}

/** Runs `work`; refusals of the system come out named. */
export async function named<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw namedSystemError(error, what);
  }
}
