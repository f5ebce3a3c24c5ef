/** JSON lines, and a JSON array element by element: neither is ever held whole. */
import { badRow, type RawRow, treeRow } from './raw-row.ts';

/** One JSON value a line; blank lines are skipped. */
export async function* readJsonLines(text: AsyncIterable<string>): AsyncGenerator<RawRow[]> {
  let carry = '';
  let line = 0;
  const parseLines = (lines: readonly string[]): RawRow[] => {
    const rows: RawRow[] = [];
    for (const raw of lines) {
      line++;
      const trimmed = raw.trim();
      if (trimmed !== '') rows.push(parse(trimmed, line));
    }
    return rows;
  };
  for await (const chunk of text) {
    const lines = (carry + chunk).split('\n');
    carry = lines.pop()!;
    const rows = parseLines(lines);
    if (rows.length > 0) yield rows;
  }
  const rows = parseLines([carry]);
  if (rows.length > 0) yield rows;
}

function parse(text: string, line: number): RawRow {
  try {
    return treeRow(line, JSON.parse(text), text);
  } catch (error) {
    return badRow(line, text.slice(0, 4000), `expected JSON, got ${(error as Error).message}`);
  }
}

/** The elements of the array that the text is; each with the line where it begins. */
export async function* readJsonArray(text: AsyncIterable<string>): AsyncGenerator<RawRow[]> {
  let element = '';
  let depth = 0;
  let line = 1;
  let elementLine = 1;
  let inString = false;
  let escaped = false;
  let closed = false;
  for await (const chunk of text) {
    const rows: RawRow[] = [];
    let start = 0;
    const finish = (end: number): void => {
      const whole = (element + chunk.slice(start, end)).trim();
      element = '';
      start = end + 1;
      if (whole !== '') rows.push(parse(whole, elementLine));
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
      if (depth === 1 && code > 32 && code !== 44 && code !== 93 && (element + chunk.slice(start, i)).trim() === '')
        elementLine = line;
      if (code === 34) inString = true;
      else if (code === 91 || code === 123) {
        depth++;
        if (depth === 1) start = i + 1;
      } else if (code === 93 || code === 125) {
        depth--;
        if (depth === 0) {
          finish(i);
          closed = true;
        }
      } else if (code === 44 && depth === 1) finish(i);
    }
    if (depth > 0) element += chunk.slice(start);
    if (rows.length > 0) yield rows;
  }
  if (!closed)
    yield [badRow(elementLine, element.slice(0, 4000), 'expected the end of the JSON array, got the end of the file')];
}
