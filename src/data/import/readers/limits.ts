/**
 * How much a file may ask of its reader. What is beyond in one row sets that row aside with its line; what is beyond in the
 * file as a whole refuses it. Each is far above what stores write, and may be raised.
 */
import { ShelfwiseError } from '../../../core/errors.ts';

export interface ReadLimits {
  /** Characters of a row, with all its cells. */
  readonly rowCharacters: number;
  readonly columns: number;
  /** Levels of JSON or XML inside each other. */
  readonly depth: number;
  /** Digits of one number of a JSON text. */
  readonly digits: number;
  /** Unpacked bytes over packed ones of a gzip file or workbook, where it unpacks to more than `unpackedFree`. */
  readonly unpackedRatio: number;
  readonly unpackedFree: number;
}

export const defaultLimits: ReadLimits = {
  rowCharacters: 4 << 20,
  columns: 10_000,
  depth: 200,
  digits: 1_000,
  unpackedRatio: 250,
  unpackedFree: 256 << 20,
};

/** @throws ShelfwiseError `SW_SETTING` for a name that is none or a number below 1 */
export function readLimits(given: Partial<ReadLimits> = {}): ReadLimits {
  for (const [name, value] of Object.entries(given)) {
    if (Object.hasOwn(defaultLimits, name) && Number.isFinite(value) && value >= 1) continue;
    throw new ShelfwiseError(
      'SW_SETTING',
      `limits.${name}: expected one of ${Object.keys(defaultLimits).join(', ')} with a number from 1 on, got ${value}.`,
      'Correct it or leave it out.',
    );
  }
  return { ...defaultLimits, ...given };
}

/** Why a JSON text is not parsed; empty where it may be. One pass, before a parser that would recurse or grind. */
export function jsonProblem(text: string, { depth, digits, rowCharacters }: ReadLimits): string {
  if (text.length > rowCharacters) return `expected at most ${rowCharacters} characters in a row, got ${text.length}`;
  let [level, run, inString] = [0, 0, false];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === 92) i++;
      else if (code === 34) inString = false;
      continue;
    }
    if (code >= 48 && code <= 57) {
      if (++run > digits) return `expected at most ${digits} digits in a number, got more`;
      continue;
    }
    run = 0;
    if (code === 34) inString = true;
    else if (code === 91 || code === 123) {
      if (++level > depth) return `expected at most ${depth} levels, got more`;
    } else if (code === 93 || code === 125) level--;
  }
  return '';
}

/** @throws ShelfwiseError `SW_INPUT_FORMAT` where a small file unpacks to something huge */
export function assertUnpacked(name: string, packed: number, unpacked: number, limits: ReadLimits): void {
  if (unpacked <= limits.unpackedFree || unpacked <= limits.unpackedRatio * packed) return;
  throw new ShelfwiseError(
    'SW_INPUT_FORMAT',
    `${name}: expected at most ${limits.unpackedRatio} bytes for each packed one, got ${Math.round(unpacked / Math.max(1, packed))}.`,
    'A file of rows is hardly so uniform: look at it, or raise `limits`.unpackedRatio.',
  );
}
