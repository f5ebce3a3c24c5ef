/**
 * Rows of one sheet of an XLSX workbook, streamed: the zip's entries are inflated and their XML is parsed as it comes, so
 * only the shared strings stay in memory. Numbers in a date format become ISO times; line numbers are the sheet's rows.
 *
 * Read by a zip reader and the XML parser that the feeds use: whole-workbook libraries hold every cell in memory.
 *
 * @source ECMA-376, part 1, §18 (SpreadsheetML)
 */
import { basename } from 'node:path';
import { SaxesParser } from 'saxes';
import yauzl from 'yauzl';
import { ShelfwiseError } from '../../../core/errors.ts';
import { assertUnpacked, defaultLimits, type ReadLimits } from './limits.ts';
import { type RawRow, tableRow } from './raw-row.ts';

/**
 * The first row of the first batch is the header; a title above it, a row of one cell, is no row.
 *
 * @param sheet - a sheet's name; the first sheet where absent
 * @param skipRows - rows of the sheet above the header
 */
export async function* readXlsx(
  path: string,
  sheet?: string,
  limits: ReadLimits = defaultLimits,
  skipRows = 0,
): AsyncGenerator<RawRow[]> {
  const book = await Workbook.open(path, limits);
  try {
    yield* book.rows(sheet, skipRows);
  } finally {
    book.close();
  }
}

/** Rows of one cell above a header at most. */
const titleRows = 20;

/** A number format is a line of a dialogue. */
const longestFormat = 255;

type Tag = { readonly name: string; readonly attributes: Record<string, string> };

class Workbook {
  readonly #limits: ReadLimits;
  readonly #name: string;
  readonly #zip: yauzl.ZipFile;
  readonly #entries: ReadonlyMap<string, yauzl.Entry>;

  private constructor(name: string, zip: yauzl.ZipFile, entries: ReadonlyMap<string, yauzl.Entry>, limits: ReadLimits) {
    this.#limits = limits;
    this.#name = name;
    this.#zip = zip;
    this.#entries = entries;
  }

  static async open(path: string, limits: ReadLimits): Promise<Workbook> {
    const name = basename(path);
    try {
      const zip = await yauzl.openPromise(path, { autoClose: false, lazyEntries: true });
      const entries = new Map<string, yauzl.Entry>();
      for await (const entry of zip.eachEntry()) {
        entries.set(entry.fileName, entry);
        assertUnpacked(`${name}: ${entry.fileName}`, entry.compressedSize, entry.uncompressedSize, limits);
      }
      if (!entries.has('xl/workbook.xml')) {
        zip.close();
        throw new Error('no workbook inside');
      }
      return new Workbook(name, zip, entries, limits);
    } catch (error) {
      if (error instanceof ShelfwiseError) throw error;
      throw new ShelfwiseError(
        'SW_INPUT_FORMAT',
        `${name}: expected an XLSX workbook, got a zip file that is none (${(error as Error).message}).`,
        'Save it from the spreadsheet as XLSX, or unpack the archive and pass the files inside.',
        { path },
        error,
      );
    }
  }

  close(): void {
    this.#zip.close();
  }

  async *rows(sheet: string | undefined, skipRows: number): AsyncGenerator<RawRow[]> {
    const { path, epoch1904 } = await this.#sheet(sheet);
    /** Rows of one cell at the top: a title where a wider row follows, else the table. */
    let narrow: RawRow[] = [];
    const shared = await this.#sharedStrings();
    const dateStyles = await this.#dateStyles();
    let rows: RawRow[] = [];
    let fields: string[] = [];
    let width = -1;
    let line = 0;
    let cell: { column: number; type: string; date: boolean } | undefined;
    let text = '';
    let reading = false;
    const open = (tag: Tag): void => {
      if (tag.name === 'row') {
        line = Number(tag.attributes['r'] ?? line + 1);
        fields = [];
      } else if (tag.name === 'c') {
        const reference = tag.attributes['r'];
        const column = reference ? columnIndex(reference) : fields.length;
        if (column >= this.#limits.columns)
          throw this.#damaged(`a cell ${reference} past ${this.#limits.columns} columns`);
        const date = dateStyles.has(Number(tag.attributes['s'] ?? -1));
        cell = { column, type: tag.attributes['t'] ?? 'n', date };
        text = '';
      } else reading = tag.name === 'v' || tag.name === 't';
    };
    const onText = (part: string): void => {
      if (reading) text += part;
    };
    const close = (tag: Tag): void => {
      reading = false;
      if (tag.name === 'c' && cell) {
        while (fields.length < cell.column) fields.push('');
        let value = text;
        if (cell.type === 's') value = shared[Number(text)] ?? '';
        else if (cell.type === 'e') value = '';
        else if (cell.type === 'n' && cell.date && text !== '') value = serialToIso(text, epoch1904);
        fields[cell.column] = value;
        cell = undefined;
      } else if (tag.name === 'row') {
        if (width < 0) {
          while (fields.length > 0 && fields.at(-1) === '') fields.pop();
          if (fields.length === 0 || line <= skipRows) return;
          if (fields.length === 1 && narrow.length < titleRows) {
            narrow.push(tableRow(line, fields));
            return;
          }
          width = fields.length;
          if (width === 1) rows.push(...narrow);
          narrow = [];
        }
        if (fields.every((field) => field === '')) return;
        // Empty cells at the end of a row are left out of the file.
        while (fields.length < width) fields.push('');
        rows.push(tableRow(line, fields.slice(0, width)));
      }
    };
    for await (const _ of this.#parse(path, open, onText, close)) {
      if (rows.length === 0) continue;
      yield rows;
      rows = [];
    }
    if (rows.length + narrow.length > 0) yield [...narrow, ...rows];
  }

  async #sheet(wanted?: string): Promise<{ path: string; epoch1904: boolean }> {
    const sheets: { name: string; id: string }[] = [];
    let epoch1904 = false;
    await this.#each('xl/workbook.xml', (tag) => {
      if (tag.name === 'sheet') sheets.push({ name: tag.attributes['name'] ?? '', id: tag.attributes['r:id'] ?? '' });
      if (tag.name === 'workbookPr') epoch1904 = /^(1|true)$/.test(tag.attributes['date1904'] ?? '');
    });
    const targets = new Map<string, string>();
    await this.#each('xl/_rels/workbook.xml.rels', (tag) => {
      if (tag.name === 'Relationship') targets.set(tag.attributes['Id'] ?? '', tag.attributes['Target'] ?? '');
    });
    const found = wanted === undefined ? sheets[0] : sheets.find(({ name }) => name === wanted);
    if (!found) {
      const names = sheets.map(({ name }) => name).join(', ');
      throw new ShelfwiseError(
        'SW_INPUT_FORMAT',
        `${this.#name}: expected a sheet "${wanted ?? ''}", got ${names || 'none'}.`,
        'Name one of its sheets with `sheet`.',
      );
    }
    const target = targets.get(found.id) ?? 'worksheets/sheet1.xml';
    return { path: target.startsWith('/') ? target.slice(1) : `xl/${target}`, epoch1904 };
  }

  async #sharedStrings(): Promise<string[]> {
    const strings: string[] = [];
    let text = '';
    let reading = false;
    let phonetic = false;
    await this.#each(
      'xl/sharedStrings.xml',
      (tag) => {
        if (tag.name === 'si') text = '';
        else if (tag.name === 'rPh') phonetic = true;
        reading = tag.name === 't' && !phonetic;
      },
      (part) => {
        if (reading) text += part;
      },
      (tag) => {
        reading = false;
        if (tag.name === 'si') strings.push(text);
        else if (tag.name === 'rPh') phonetic = false;
      },
    );
    return strings;
  }

  /** Cell styles that show a number as a date or time. */
  async #dateStyles(): Promise<ReadonlySet<number>> {
    const dates = new Set<number>();
    const custom = new Map<number, string>();
    let inCells = false;
    let style = 0;
    await this.#each(
      'xl/styles.xml',
      (tag) => {
        if (tag.name === 'numFmt') custom.set(Number(tag.attributes['numFmtId']), tag.attributes['formatCode'] ?? '');
        else if (tag.name === 'cellXfs') inCells = true;
        else if (tag.name === 'xf' && inCells) {
          const id = Number(tag.attributes['numFmtId'] ?? 0);
          const code = (custom.get(id) ?? '').slice(0, longestFormat).replaceAll(/"[^"]*"|\[[^\]]*\]|\\./g, '');
          if ((id >= 14 && id <= 22) || (id >= 45 && id <= 47) || /[ymdhs]/i.test(code)) dates.add(style);
          style++;
        }
      },
      undefined,
      (tag) => {
        if (tag.name === 'cellXfs') inCells = false;
      },
    );
    return dates;
  }

  async #each(
    path: string,
    open: (tag: Tag) => void,
    text?: (part: string) => void,
    close?: (tag: Tag) => void,
  ): Promise<void> {
    if (!this.#entries.has(path)) return;
    for await (const _ of this.#parse(path, open, text, close));
  }

  /** Parses one entry; yields after each piece of it. */
  async *#parse(
    path: string,
    open: (tag: Tag) => void,
    text?: (part: string) => void,
    close?: (tag: Tag) => void,
  ): AsyncGenerator<void> {
    const entry = this.#entries.get(path);
    if (!entry) throw this.#damaged(`no ${path}`);
    const parser = new SaxesParser();
    // Writers differ in whether they prefix the main namespace.
    const bare = (tag: { name: string; attributes: unknown }): Tag => ({
      name: tag.name.replace(/^x:/, ''),
      attributes: tag.attributes as Record<string, string>,
    });
    parser.on('opentag', (tag) => open(bare(tag)));
    if (text) parser.on('text', text);
    if (close) parser.on('closetag', (tag) => close(bare(tag)));
    parser.on('error', (error) => {
      throw this.#damaged(error.message);
    });
    const decoder = new TextDecoder();
    try {
      for await (const chunk of await this.#zip.openReadStreamPromise(entry)) {
        parser.write(decoder.decode(chunk as Buffer, { stream: true }));
        yield;
      }
    } catch (error) {
      throw error instanceof ShelfwiseError ? error : this.#damaged((error as Error).message);
    }
    parser.close();
    yield;
  }

  #damaged(why: string): ShelfwiseError {
    return new ShelfwiseError(
      'SW_INPUT_FORMAT',
      `${this.#name}: expected an XLSX workbook, got a damaged one (${why}).`,
      'Save it from the spreadsheet again.',
    );
  }
}

/** @example columnIndex('AB12') // 27 */
function columnIndex(reference: string): number {
  let index = 0;
  for (let i = 0; i < reference.length; i++) {
    const code = reference.charCodeAt(i) - 64;
    if (code < 1 || code > 26) break;
    index = index * 26 + code;
  }
  return index - 1;
}

/** A day number of the 1900 (or 1904) calendar as ISO time, to the second; as it stands where no calendar has the day. */
function serialToIso(text: string, epoch1904: boolean): string {
  const days = Number(text) - (epoch1904 ? 24107 : 25569);
  const time = Math.round(days * 86_400) * 1000;
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString().replace('.000Z', '') : text;
}
