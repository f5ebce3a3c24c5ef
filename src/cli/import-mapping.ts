/** The flags that say how files are read, kept in a file for the next import of the same export. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { ShelfwiseError } from '../core/errors.ts';
import { namedSystemError } from '../core/system-errors.ts';
import { type ReadSettings, readSettingNames, readSettings } from '../data/import/import-options.ts';

const wrongFile = 'Name a file that --save-mapping wrote.';

/** @throws ShelfwiseError `SW_INPUT_NOT_FOUND`, `SW_INPUT_FORMAT` */
export function mappingFrom(path: string): ReadSettings {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new ShelfwiseError('SW_INPUT_NOT_FOUND', `--mapping ${path}: expected a file, got none.`, wrongFile);
    throw namedSystemError(error, path);
  }
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (error) {
    throw new ShelfwiseError(
      'SW_INPUT_FORMAT',
      `--mapping ${path}: expected JSON, got ${(error as Error).message}.`,
      wrongFile,
    );
  }
  const isObject = typeof found === 'object' && found !== null && !Array.isArray(found);
  const names: readonly string[] = readSettingNames;
  const strange = isObject ? Object.keys(found as object).find((name) => !names.includes(name)) : '';
  if (!isObject || strange !== undefined)
    throw new ShelfwiseError(
      'SW_INPUT_FORMAT',
      `--mapping ${path}: expected an object of ${names.join(', ')}, got ${isObject ? `"${strange}"` : 'something else'}.`,
      wrongFile,
    );
  return found as ReadSettings;
}

export async function saveMapping(path: string, settings: ReadSettings): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(readSettings(settings), null, 2)}\n`);
  } catch (error) {
    throw namedSystemError(error, path);
  }
}
