/**
 * JSON lines, and a JSON array element by element: neither is ever held whole. Whole numbers beyond 2^53 stay as they are
 * written, as text: they are ids. Lines of Python literals, as some published sets have them, are read as JSON.
 */
import { defaultLimits, jsonProblem, type ReadLimits } from './limits.ts';
import { pythonToJson } from './python-literals.ts';
import { badRow, type RawRow, treeRow } from './raw-row.ts';

/** One JSON value a line; blank lines are skipped. */
export async function* readJsonLines(
  text: AsyncIterable<string>,
  limits: ReadLimits = defaultLimits,
): AsyncGenerator<RawRow[]> {
  let carry = '';
  let line = 0;
  /** Inside a line that is too long: its beginning was set aside, its end is awaited. */
  let skipping = false;
  const parseLines = (lines: readonly string[]): RawRow[] => {
    const rows: RawRow[] = [];
    for (const raw of lines) {
      line++;
      const trimmed = raw.trim();
      if (skipping) skipping = false;
      else if (trimmed !== '') rows.push(parse(trimmed, line, limits));
    }
    return rows;
  };
  for await (const chunk of text) {
    const lines = (carry + chunk).split('\n');
    carry = lines.pop()!;
    const rows = parseLines(lines);
    if (skipping) carry = '';
    else if (carry.length > limits.rowCharacters) {
      rows.push(badRow(line + 1, carry.slice(0, 4000), jsonProblem(carry, limits)));
      skipping = true;
      carry = '';
    }
    if (rows.length > 0) yield rows;
  }
  const rows = parseLines([carry]);
  if (rows.length > 0) yield rows;
}

function parse(text: string, line: number, limits: ReadLimits): RawRow {
  const problem = jsonProblem(text, limits);
  if (problem) return badRow(line, text.slice(0, 4000), problem);
  try {
    return treeRow(line, parseJson(isPython(text) ? pythonToJson(text) : text), text);
  } catch (error) {
    return badRow(line, text.slice(0, 4000), `expected JSON, got ${(error as Error).message}`);
  }
}

const longNumber = /\d{16}/;
const longInteger = /^-?\d{16,}$/;

/** @throws SyntaxError */
export function parseJson(text: string): unknown {
  if (!longNumber.test(text)) return JSON.parse(text);
  // The reviver's third argument is in the engine, and not yet in the types of the language.
  const exact = (_: string, value: unknown, context?: { source?: string }): unknown => {
    const source = context?.source ?? '';
    return typeof value === 'number' && longInteger.test(source) && String(value) !== source ? source : value;
  };
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown);
}

/** A dictionary whose first name stands in single quotes. */
function isPython(text: string): boolean {
  return /^\{\s*u?'/.test(text);
}

/**
 * The elements of the array that the text is, each with the line where it begins.
 *
 * @param wrapped - the array is a member of one object, as in `{"data": [...]}`
 */
export async function* readJsonArray(
  text: AsyncIterable<string>,
  limits: ReadLimits = defaultLimits,
  wrapped = false,
): AsyncGenerator<RawRow[]> {
  let element = '';
  let depth = 0;
  let line = 1;
  let elementLine = 1;
  let inString = false;
  let escaped = false;
  let closed = false;
  let blank = true;
  let tooLong = false;
  let before = wrapped;
  for await (const whole of text) {
    let chunk = whole;
    if (before) {
      let open = 0;
      for (; open < chunk.length; open++) {
        const code = chunk.charCodeAt(open);
        if (code === 10) line++;
        if (escaped) escaped = false;
        else if (inString && code === 92) escaped = true;
        else if (code === 34) inString = !inString;
        else if (code === 91 && !inString) break;
      }
      chunk = chunk.slice(open);
      before = chunk === '';
    }
    if (closed) break;
    const rows: RawRow[] = [];
    let start = 0;
    const finish = (end: number): void => {
      const whole = (element + chunk.slice(start, end)).trim();
      element = '';
      blank = true;
      start = end + 1;
      if (tooLong) tooLong = false;
      else if (whole !== '') rows.push(parse(whole, elementLine, limits));
    };
    for (let i = 0; i < chunk.length; i++) {
      const code = chunk.charCodeAt(i);
      if (code === 10) line++;
      if (inString) {
        if (escaped) escaped = false;
        else if (code === 92) escaped = true;
        else if (code === 34) inString = false;
        continue;
      }
      if (depth === 1 && blank && code > 32 && code !== 44 && code !== 93) {
        elementLine = line;
        blank = false;
      }
      if (code === 34) inString = true;
      else if (code === 91 || code === 123) {
        depth++;
        if (depth === 1) start = i + 1;
      } else if (code === 93 || code === 125) {
        depth--;
        if (depth === 0) {
          finish(i);
          closed = true;
          // Of an object around the array the rest is no row.
          if (wrapped) break;
        }
      } else if (code === 44 && depth === 1) finish(i);
    }
    if (depth > 0) element += chunk.slice(start);
    if (element.length > limits.rowCharacters) {
      if (!tooLong) rows.push(badRow(elementLine, element.slice(0, 4000), jsonProblem(element, limits)));
      tooLong = true;
      element = '';
    }
    if (rows.length > 0) yield rows;
  }
  if (!closed)
    yield [badRow(elementLine, element.slice(0, 4000), 'expected the end of the JSON array, got the end of the file')];
}
