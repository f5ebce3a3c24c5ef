/** Folders that may or may not be written. */
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { namedSystemError } from './system-errors.ts';

/** The system's refusal, such as EROFS or EACCES; undefined where the file or folder may be written. */
export function whyNotWritable(path: string): string | undefined {
  try {
    accessSync(path, constants.W_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'EACCES';
  }
}

/** Makes a folder and those above it. @throws ShelfwiseError `SW_SHOP_READ_ONLY`, `SW_DISK` */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    // Of a folder inside one that may not be written, Node says only that it is not there.
    let above = resolve(folder);
    while (!existsSync(above)) above = dirname(above);
    const code = whyNotWritable(above);
    throw namedSystemError(code ? Object.assign(new Error(`${code}, ${above}`), { code }) : error, folder);
  }
}
