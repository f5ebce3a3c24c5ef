/** Text files line by line, gzipped or not, with errors that name file and line. */
import { closeSync, createReadStream, existsSync, openSync, readSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { ShelfwiseError } from '../../core/errors.ts';

/**
 * Lines from 1 on, without their ends.
 *
 * @throws ShelfwiseError `SW_INPUT_NOT_FOUND`, `SW_INPUT_FORMAT` (a folder, a broken gzip)
 */
export async function* readLines(path: string): AsyncGenerator<{ line: number; text: string }> {
  if (!existsSync(path))
    throw new ShelfwiseError('SW_INPUT_NOT_FOUND', `${path}: expected a file, found nothing.`, 'Check the path.');
  if (!statSync(path).isFile())
    throw new ShelfwiseError('SW_INPUT_FORMAT', `${path}: expected a file, got a folder.`, 'Name a file.');
  const raw = createReadStream(path);
  const input = isGzip(path) ? raw.pipe(createGunzip()) : raw;
  const reader = createInterface({ input, crlfDelay: Infinity });
  let failure: Error | undefined;
  const fail = (error: Error): void => {
    failure ??= error;
    reader.close();
  };
  raw.on('error', fail);
  input.on('error', fail);
  let line = 0;
  try {
    for await (const text of reader) yield { line: ++line, text };
  } catch (error) {
    failure ??= error as Error;
  } finally {
    raw.destroy();
  }
  if (!failure) return;
  const message = `${path}:${line + 1}: expected a whole file, ${failure.message}.`;
  throw new ShelfwiseError('SW_INPUT_FORMAT', message, 'It may be cut short; fetch it again.', {}, failure);
}

function isGzip(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const head = new Uint8Array(2);
    return readSync(file, head, 0, 2, 0) === 2 && head[0] === 0x1f && head[1] === 0x8b;
  } finally {
    closeSync(file);
  }
}
