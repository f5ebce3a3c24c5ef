/** A file's bytes, unpacked where they are gzipped, with progress and the sha256 of the file as it lies on disk. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { constants, createGunzip, gunzipSync } from 'node:zlib';
import { ShelfwiseError } from '../../../core/errors.ts';
import { assertUnpacked, defaultLimits, type ReadLimits } from './limits.ts';

export interface ByteOptions {
  /** Called with the bytes read from the disk so far. */
  readonly onBytes?: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
  readonly limits?: ReadLimits | undefined;
}

const chunkBytes = 1 << 20;

export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/**
 * The bytes of a file in chunks.
 *
 * @throws ShelfwiseError `SW_INPUT_FORMAT` where a gzipped file is damaged or ends early
 */
export async function* readBytes(path: string, options: ByteOptions = {}): AsyncGenerator<Buffer> {
  const head = await readHead(path, 2);
  const file = createReadStream(path, { highWaterMark: chunkBytes, ...(options.signal && { signal: options.signal }) });
  let read = 0;
  file.on('data', (chunk) => {
    read += chunk.length;
    options.onBytes?.(read);
  });
  file.pause();
  if (!isGzip(head)) {
    yield* file as AsyncIterable<Buffer>;
    return;
  }
  const unzip = createGunzip({ chunkSize: chunkBytes });
  file.on('error', (error) => unzip.destroy(error));
  file.pipe(unzip);
  try {
    let unpacked = 0;
    for await (const chunk of unzip as AsyncIterable<Buffer>) {
      unpacked += chunk.length;
      assertUnpacked(basename(path), Math.max(read, 1), unpacked, options.limits ?? defaultLimits);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof ShelfwiseError) throw error;
    if (options.signal?.aborted) throw options.signal.reason;
    throw gzipDamage(path, error);
  } finally {
    file.destroy();
    unzip.destroy();
  }
}

function gzipDamage(path: string, error: unknown): ShelfwiseError {
  const early = (error as { code?: string }).code === 'Z_BUF_ERROR';
  return new ShelfwiseError(
    'SW_INPUT_FORMAT',
    `${basename(path)}: expected a whole gzip file, got one that ${early ? 'ends early' : 'is damaged'}.`,
    'Copy or download the file again.',
    { path },
    error,
  );
}

/** The first bytes as they lie on the disk. */
export async function readHead(path: string, bytes: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(bytes), position: 0 });
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The first bytes, unpacked where they are gzipped. */
export async function readUnpackedHead(path: string, bytes: number): Promise<Buffer> {
  const head = await readHead(path, bytes);
  if (!isGzip(head)) return head;
  try {
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, bytes);
  } catch (error) {
    throw gzipDamage(path, error);
  }
}

/** sha256 of the file as it lies on the disk, in hex. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const file = createReadStream(path, { highWaterMark: chunkBytes, ...(signal && { signal }) });
  for await (const chunk of file) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
