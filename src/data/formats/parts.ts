/** The files of a data set's folder by their roles: exactly named, or with any prefix where only one file fits. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ShelfwiseError } from '../../core/errors.ts';

/**
 * @param names - file names of the layout, each found as `NAME`, `NAME.gz`, or `PREFIX` + either
 * @returns paths in the order of `names`
 * @throws ShelfwiseError `SW_INPUT_NOT_FOUND`, `SW_INPUT_FORMAT` saying what was expected and what is there
 */
export function partsOf(folder: string, layout: string, names: readonly string[]): string[] {
  const expected = `a folder with ${names.join(' and ')} (plain or .gz; the ${layout} layout)`;
  if (!existsSync(folder)) {
    throw new ShelfwiseError(
      'SW_INPUT_NOT_FOUND',
      `${folder}: expected ${expected}, found nothing.`,
      'Check the path.',
    );
  }
  if (!statSync(folder).isDirectory()) {
    throw new ShelfwiseError('SW_INPUT_FORMAT', `${folder}: expected ${expected}, got a file.`, 'Name the folder.');
  }
  const files = readdirSync(folder);
  return names.map((name) => {
    const prefixed = new RegExp(`[-_.]${name.replaceAll('.', '\\.')}(\\.gz)?$`);
    const exact = [name, `${name}.gz`].find((file) => files.includes(file));
    const fitting = exact ? [exact] : files.filter((file) => prefixed.test(file));
    if (fitting.length === 1) return join(folder, fitting[0]!);
    const there = (fitting.length > 1 ? fitting : files).slice(0, 10).join(', ') || 'nothing';
    throw new ShelfwiseError(
      'SW_INPUT_FORMAT',
      `${folder}: expected ${expected}, found ${fitting.length > 1 ? 'several that end so: ' : ''}${there}.`,
      fitting.length > 1 ? `Leave one ${name}.` : 'Check the layout and the task.',
    );
  });
}
