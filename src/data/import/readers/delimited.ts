/**
 * Delimited text (CSV, TSV and the like) to rows with exact line numbers, quoted line ends included.
 *
 * A quote opens a field only at its start, is doubled inside, and a field that is still open after `longestQuoted`
 * characters or at the end of the file is a stray quote: its line is set aside and reading goes on with the next one.
 * A row with another number of cells than the header is set aside too. A first line `sep=;`, as Excel writes it, names the
 * delimiter and is no row.
 *
 * @source RFC 4180
 */
import { ShelfwiseError } from '../../../core/errors.ts';
import { defaultLimits, type ReadLimits } from './limits.ts';
import { badRow, type RawRow, tableRow } from './raw-row.ts';

const longestQuoted = 1 << 20;
const delimiters = ['::', ',', '\t', ';', '|'];
/** Excel's own line above the header. */
const excelLine = /^\uFEFF?"?sep=(.)"?\r?$/i;

export interface DelimitedOptions {
  /** One or more characters; detected from the first line where absent. */
  readonly delimiter?: string | undefined;
  /** Lines above the header that are no rows. */
  readonly skipRows?: number | undefined;
  /** A line of this form is no row: what it holds is the first cell of the rows below it. */
  readonly heading?: RegExp | undefined;
}

/** The delimiter that the header line holds most often, outside quotes; a comma where it holds none. */
export function detectDelimiter(headerLine: string): string {
  const bare = headerLine.replaceAll(/"(?:[^"]|"")*"/g, '');
  let best = ',';
  let most = 0;
  for (const delimiter of delimiters) {
    const count = bare.split(delimiter).length - 1;
    // The first of equals: of `a::b` the longer delimiter.
    if (count > most) [best, most] = [delimiter, count];
  }
  // RecBole's files may be parted by blanks.
  return most === 0 && /^[^\s:]+:[a-z_]+( [^\s:]+:[a-z_]+)+\s*$/.test(headerLine) ? ' ' : best;
}

/** The rows of a delimited text in batches; the first row of the first batch is the header, if there is one. */
export async function* readDelimited(
  text: AsyncIterable<string>,
  options: DelimitedOptions = {},
  limits: ReadLimits = defaultLimits,
): AsyncGenerator<RawRow[]> {
  const scanner = new Scanner(options, limits);
  for await (const chunk of text) {
    const batch = scanner.scan(chunk, false);
    if (batch.length > 0) yield batch;
  }
  const last = scanner.scan('', true);
  if (last.length > 0) yield last;
}

class Scanner {
  #delimiter: string | undefined;
  #linesToSkip: number;
  readonly #heading: RegExp | undefined;
  /** The last line that was a heading. */
  #head: string | undefined;
  #newline = '\n';
  #carry = '';
  #line = 1;
  #width = -1;

  readonly #limits: ReadLimits;
  /** Inside a line that is too long: its beginning was set aside, its end is awaited. */
  #skipping = false;
  /** Of the text that is scanned: the delimiter found last, -1 where there is none any more, -2 before the first search. */
  #nextDelimiter = -2;

  constructor({ delimiter, skipRows = 0, heading }: DelimitedOptions, limits: ReadLimits) {
    this.#delimiter = delimiter;
    this.#linesToSkip = skipRows;
    this.#heading = heading;
    this.#limits = limits;
  }

  scan(chunk: string, last: boolean): RawRow[] {
    const text = this.#carry.length > 0 ? this.#carry + chunk : chunk;
    const rows: RawRow[] = [];
    let at = 0;
    this.#nextDelimiter = -2;
    if (this.#skipping) {
      const end = text.indexOf(this.#newline);
      if (end < 0) return rows;
      this.#skipping = false;
      this.#line++;
      at = end + 1;
    }
    if (this.#width < 0) {
      if (!text.includes('\n')) {
        if (!last && text.length < this.#limits.rowCharacters) {
          this.#carry = text;
          return rows;
        }
        if (text.includes('\r')) this.#newline = '\r';
      }
      for (;;) {
        const end = text.indexOf(this.#newline, at);
        if (end < 0 && !last && text.length - at < this.#limits.rowCharacters) {
          this.#carry = text.slice(at);
          return rows;
        }
        const line = text.slice(at, end < 0 ? text.length : end);
        const excel = this.#line === 1 ? excelLine.exec(line)?.[1] : undefined;
        if (this.#linesToSkip === 0 && excel === undefined) {
          this.#delimiter ??= detectDelimiter(line);
          break;
        }
        if (excel !== undefined) this.#delimiter ??= excel;
        if (this.#linesToSkip > 0) this.#linesToSkip--;
        this.#line++;
        at = end < 0 ? text.length : end + 1;
        if (at >= text.length) break;
      }
    }
    let quote = text.indexOf('"', at);
    while (at < text.length) {
      let end = text.indexOf(this.#newline, at);
      if (end < 0) {
        if (!last) break;
        end = text.length;
      }
      if (quote >= 0 && quote < at) quote = text.indexOf('"', at);
      if (quote < 0 || quote >= end) {
        const stop = end > at && text.charCodeAt(end - 1) === 13 ? end - 1 : end;
        if (stop > at) this.#push(rows, this.#line, this.#split(text, at, stop), text, at, stop);
        this.#line++;
        at = end + 1;
        continue;
      }
      const record = this.#quoted(text, at, last);
      if (record === undefined) break;
      if (record.problem) {
        rows.push(badRow(this.#line, text.slice(at, Math.min(end, at + 4000)), record.problem));
        this.#line++;
        at = end + 1;
        continue;
      }
      this.#push(rows, this.#line, record.fields, text, at, record.end);
      this.#line += 1 + record.newlines;
      at = record.end + 1;
    }
    const left = text.length - at;
    if (!last && left > this.#limits.rowCharacters) {
      const problem = `expected at most ${this.#limits.rowCharacters} characters in a row, got more`;
      rows.push(badRow(this.#line, text.slice(at, at + 4000), problem));
      this.#skipping = true;
      this.#carry = '';
    } else this.#carry = text.slice(at);
    return rows;
  }

  #push(rows: RawRow[], line: number, fields: string[], text: string, start: number, end: number): void {
    if (this.#heading) {
      const head = fields.length === 1 ? this.#heading.exec(fields[0]!) : null;
      if (head) {
        this.#head = head[1] ?? head[0];
        return;
      }
      if (this.#head !== undefined) fields.unshift(this.#head);
    }
    if (this.#width < 0) {
      this.#width = fields.length;
      if (this.#width > this.#limits.columns)
        throw new ShelfwiseError(
          'SW_INPUT_FORMAT',
          `line ${line}: expected a header of at most ${this.#limits.columns} columns, got ${this.#width}.`,
          'Export fewer columns, or name the delimiter.',
        );
    }
    if (fields.length === this.#width) rows.push(tableRow(line, fields));
    else {
      const problem = `expected ${this.#width} columns, got ${fields.length}`;
      rows.push(badRow(line, text.slice(start, Math.min(end, start + 4000)), problem));
    }
  }

  #split(text: string, start: number, end: number): string[] {
    const delimiter = this.#delimiter!;
    const fields: string[] = [];
    let at = start;
    // Where the search of the row before ended, so that a text without delimiters is searched once.
    let next = this.#nextDelimiter;
    if (next !== -1 && next < at) next = text.indexOf(delimiter, at);
    while (next >= 0 && next < end) {
      fields.push(text.slice(at, next));
      at = next + delimiter.length;
      next = text.indexOf(delimiter, at);
    }
    this.#nextDelimiter = next;
    fields.push(text.slice(at, end));
    return fields;
  }

  /** A record that may hold quotes; undefined where its end is not in the text yet. */
  #quoted(
    text: string,
    start: number,
    last: boolean,
  ): { fields: string[]; end: number; newlines: number; problem: string } | undefined {
    const delimiter = this.#delimiter!;
    const first = delimiter.charCodeAt(0);
    const isDelimiter = (code: number, at: number): boolean =>
      code === first && (delimiter.length === 1 || text.startsWith(delimiter, at));
    const newline = this.#newline.charCodeAt(0);
    const fields: string[] = [];
    let newlines = 0;
    let at = start;
    for (;;) {
      if (text.charCodeAt(at) === 34) {
        let close = at + 1;
        let doubled = false;
        for (;;) {
          close = text.indexOf('"', close);
          if (close < 0 || close - start > longestQuoted) {
            if (!last && text.length - start <= longestQuoted) return undefined;
            return { fields, end: 0, newlines: 0, problem: 'expected a closing quote, got none' };
          }
          // The quote may be the first of a pair that the chunk cuts.
          if (close + 1 >= text.length && !last) return undefined;
          if (text.charCodeAt(close + 1) !== 34) break;
          doubled = true;
          close += 2;
        }
        const inside = text.slice(at + 1, close);
        for (let n = inside.indexOf(this.#newline); n >= 0; n = inside.indexOf(this.#newline, n + 1)) newlines++;
        fields.push(doubled ? inside.replaceAll('""', '"') : inside);
        at = close + 1;
        if (text.charCodeAt(at) === 13 && newline !== 13) at++;
        if (at >= text.length && !last) return undefined;
      } else {
        let end = at;
        while (end < text.length) {
          const code = text.charCodeAt(end);
          if (isDelimiter(code, end) || code === newline) break;
          end++;
        }
        if (end >= text.length && !last) return undefined;
        const atLineEnd = end >= text.length || text.charCodeAt(end) === newline;
        const stop = atLineEnd && end > at && text.charCodeAt(end - 1) === 13 ? end - 1 : end;
        fields.push(text.slice(at, stop));
        at = end;
      }
      if (at >= text.length || text.charCodeAt(at) === newline) return { fields, end: at, newlines, problem: '' };
      if (!last && at + delimiter.length > text.length) return undefined;
      if (!isDelimiter(text.charCodeAt(at), at))
        return { fields, end: 0, newlines: 0, problem: 'expected a delimiter after a closing quote' };
      at += delimiter.length;
    }
  }
}
