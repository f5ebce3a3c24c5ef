/** Finds out what a file is from its first bytes, never from its name, and opens its rows. */
import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { ShelfwiseError } from '../../../core/errors.ts';
import type { Analytics } from '../../analytics.ts';
import { isGzip, readBytes, readHead, readUnpackedHead } from './bytes.ts';
import { readDelimited } from './delimited.ts';
import { readJsonArray, readJsonLines } from './json.ts';
import { type ReadLimits, readLimits } from './limits.ts';
import { readParquet } from './parquet.ts';
import type { RawRow } from './raw-row.ts';
import { decodeText } from './text.ts';
import { readXlsx } from './xlsx.ts';
import { readFeed } from './xml.ts';

export type FileFormat = 'delimited' | 'json-lines' | 'json-array' | 'json-wrapped' | 'xml' | 'xlsx' | 'parquet';

export interface ReadOptions {
  /** WHATWG label; detected where absent. */
  readonly encoding?: string | undefined;
  /** One or more characters; detected where absent. */
  readonly delimiter?: string | undefined;
  /** Lines of a text, or rows of a sheet, above the header that are no rows. */
  readonly skipRows?: number | undefined;
  /** Names of the columns where the file has no header; true calls them 1, 2, 3. */
  readonly noHeader?: boolean | readonly string[] | undefined;
  /** The layout that gave those names. */
  readonly headerless?: string | undefined;
  /** A line of a text that is no row: what it holds is the first cell of the rows below it. */
  readonly heading?: RegExp | undefined;
  /** Sheet of a workbook; the first where absent. */
  readonly sheet?: string | undefined;
  /** What a file may ask; the defaults where absent. */
  readonly limits?: Partial<ReadLimits> | undefined;
  readonly onBytes?: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** An opened file. Its batches can be read once. */
export interface RowSource {
  readonly path: string;
  /** The file's name as messages show it. */
  readonly name: string;
  readonly bytes: number;
  readonly format: FileFormat;
  /** The layout that named the columns of a file without a header. */
  readonly headerless?: string | undefined;
  /** Names of a table's columns; undefined for trees. */
  readonly columns: readonly string[] | undefined;
  /** The text's encoding where it is not UTF-8; known once rows were read. */
  readonly encoding: () => string | undefined;
  /** Readable rows of the beginning. */
  readonly sample: readonly RawRow[];
  readonly batches: AsyncIterable<RawRow[]>;
}

const headBytes = 1 << 16;
const sampleRows = 1000;

const archives: readonly { readonly name: string; readonly at: number; readonly magic: readonly number[] }[] = [
  { name: 'a 7z archive', at: 0, magic: [0x37, 0x7a, 0xbc, 0xaf] },
  { name: 'a rar archive', at: 0, magic: [0x52, 0x61, 0x72, 0x21] },
  { name: 'an xz archive', at: 0, magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a] },
  { name: 'a zstd archive', at: 0, magic: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: 'a bzip2 archive', at: 0, magic: [0x42, 0x5a, 0x68] },
  { name: 'a tar archive', at: 257, magic: [0x75, 0x73, 0x74, 0x61, 0x72] },
  { name: 'an old Excel workbook (XLS)', at: 0, magic: [0xd0, 0xcf, 0x11, 0xe0] },
  { name: 'a PDF document', at: 0, magic: [0x25, 0x50, 0x44, 0x46] },
  { name: 'an SQLite database', at: 0, magic: [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65] },
];

/**
 * @param analytics - reads Parquet
 * @throws ShelfwiseError `SW_INPUT_NOT_FOUND`, `SW_INPUT_EMPTY`, `SW_INPUT_FORMAT`
 */
export async function openRows(path: string, analytics: Analytics, options: ReadOptions = {}): Promise<RowSource> {
  const bytes = await fileSize(path);
  const name = basename(path);
  const format = await detectFormat(path, name);
  const tree = format === 'json-lines' || format === 'json-array' || format === 'json-wrapped' || format === 'xml';
  let encoding = options.encoding;
  const batches = read(path, name, format, analytics, {
    ...options,
    onEncoding: (found) => {
      encoding = found;
    },
  });
  let first = await batches.next();
  // A first batch may hold lines alone that are skipped.
  while (!first.done && first.value.length === 0) first = await batches.next();
  const rows = first.done ? [] : first.value;
  const head = rows[0];
  if (!head) throw empty(name, 'no rows');
  const isTree = tree || head.value !== undefined;
  const named = !isTree && options.noHeader ? namesWithout(head, options.noHeader, name) : undefined;
  if (!isTree && !named && head.problem)
    throw new ShelfwiseError(
      'SW_INPUT_FORMAT',
      `${name}:${head.line}: expected a header of column names, got a row with this fault: ${head.problem}.`,
      'Mend the first line of the file.',
    );
  const rest = isTree || named ? rows : rows.slice(1);
  async function* all(): AsyncGenerator<RawRow[]> {
    if (rest.length > 0) yield rest;
    yield* batches;
  }
  return {
    path,
    name,
    bytes,
    format,
    columns: isTree ? undefined : (named ?? distinctNames(head.fields.map((field) => field.trim()))),
    encoding: () => encoding,
    headerless: options.headerless,
    sample: rest.filter((row) => row.problem === '').slice(0, sampleRows),
    batches: all(),
  };
}

/** @throws ShelfwiseError `SW_INPUT_FORMAT` where there are more names than cells */
function namesWithout(row: RawRow, names: true | readonly string[], file: string): readonly string[] {
  const cells = row.fields.length;
  if (names === true) return Array.from({ length: cells }, (_, i) => String(i + 1));
  if (names.length === cells) return names;
  throw new ShelfwiseError(
    'SW_INPUT_FORMAT',
    `${file}:${row.line}: expected the ${names.length} columns ${names.join(', ')}, got ${cells} cells.`,
    'Name the columns of the file as it is.',
  );
}

/** Two columns of one name are told apart, so that no cell is lost: `price`, `price (2)`. */
function distinctNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let distinct = name;
    for (let n = 2; taken.has(distinct) || (distinct !== name && names.includes(distinct)); n++)
      distinct = `${name} (${n})`;
    taken.add(distinct);
    return distinct;
  });
}

async function fileSize(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (!found)
    throw new ShelfwiseError('SW_INPUT_NOT_FOUND', `${path}: expected a file, got none.`, 'Correct the path.', {
      path,
    });
  if (found.isDirectory())
    throw new ShelfwiseError(
      'SW_INPUT_FORMAT',
      `${path}: expected a file, got a folder.`,
      'Name the files inside it.',
      {
        path,
      },
    );
  if (!found.isFile())
    throw new ShelfwiseError(
      'SW_INPUT_FORMAT',
      `${path}: expected a file, got a pipe or a device.`,
      'Write it to a file first: an import reads its files twice.',
      { path },
    );
  if (found.size === 0) throw empty(basename(path), 'an empty file');
  return found.size;
}

function empty(name: string, got: string): ShelfwiseError {
  return new ShelfwiseError('SW_INPUT_EMPTY', `${name}: expected rows, got ${got}.`, 'Export the file again.');
}

async function detectFormat(path: string, name: string): Promise<FileFormat> {
  const raw = await readHead(path, headBytes);
  const head = isGzip(raw) ? await readUnpackedHead(path, headBytes) : raw;
  const wrong = (got: string, next: string): ShelfwiseError =>
    new ShelfwiseError('SW_INPUT_FORMAT', `${name}: expected CSV, TSV, JSON, XLSX, Parquet or XML, got ${got}.`, next, {
      path,
    });
  if (head.length === 0) throw empty(name, 'an empty file');
  const magic = head.subarray(0, 4).toString('latin1');
  if (magic === 'PAR1' || magic === 'PK\u0003\u0004') {
    if (head !== raw) throw wrong('one of the binary formats gzipped again', 'Unpack it first.');
    return magic === 'PAR1' ? 'parquet' : 'xlsx';
  }
  for (const archive of archives) {
    if (archive.magic.every((byte, i) => head[archive.at + i] === byte))
      throw wrong(archive.name, 'Unpack or export it as one of those, and pass that.');
  }
  const utf16 = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  if (!utf16 && isBinary(head)) throw wrong('binary data', 'Export it as one of those.');
  const extension = extname(name.replace(/\.gz$/i, '')).toLowerCase();
  if (extension === '.xlsx') throw wrong('a text file that is named XLSX', 'Save it from the spreadsheet as XLSX.');
  if (extension === '.parquet') throw wrong('a text file that is named Parquet', 'Name it as what it is.');
  const text = (
    utf16 ? new TextDecoder(head[0] === 0xff ? 'utf-16le' : 'utf-16be').decode(head) : head.toString('utf8')
  )
    .replace(/^\uFEFF/, '')
    .trimStart();
  if (text === '' && head.length < headBytes) throw empty(name, 'only white space');
  if (text.startsWith('{')) return isWrapped(text, head.length < headBytes) ? 'json-wrapped' : 'json-lines';
  if (/^\[\s*[[{\]"]/.test(text)) return 'json-array';
  if (/^<(\?xml|rss|feed|!--)/i.test(text)) return 'xml';
  if (text.startsWith('<')) throw wrong('an HTML page', 'It may be a login page: download the export itself.');
  return 'delimited';
}

/** What answers of APIs say beside the list that they hold. */
const besideLists =
  /^(?:search_?criteria|total|total_?count|count|size|meta|metadata|pagination|paging|page|pages|per_?page|limit|offset|cursor|next|previous|prev|links|_links|has_?more|object|url|success|status|code|message|version)$/i;

/** One object around a list of objects, as in `{"data": [{...}]}`, and not a line for each object. */
function isWrapped(text: string, whole: boolean): boolean {
  const end = text.indexOf('\n');
  const line = end < 0 ? text : text.slice(0, end);
  let first: unknown;
  try {
    first = JSON.parse(line);
  } catch {
    // Printed over several lines, or one line that is longer than what was looked at: the names before the list decide.
    const open = /^\{(?:\s*"[^"]*"\s*:\s*(?:"(?:[^"\\]|\\.)*"|[\w.+-]+)\s*,)*\s*"[^"]*"\s*:\s*\[\s*\{/.exec(
      text.slice(0, 4_096),
    )?.[0];
    if (open === undefined || (end < 0 && whole)) return false;
    const names = [...open.matchAll(/"([^"]*)"\s*:/g)].map(([, name]) => name!);
    return names.slice(0, -1).every((name) => besideLists.test(name));
  }
  if (end >= 0 && text.slice(end).trim() !== '') return false;
  if (typeof first !== 'object' || first === null || Array.isArray(first)) return false;
  const lists = Object.entries(first).filter(([, member]) => isListOfObjects(member));
  // What stands before the list is skipped up to its bracket.
  const others = Object.keys(first).filter((name) => name !== lists[0]?.[0]);
  const before = Object.entries(first).slice(0, Object.keys(first).indexOf(lists[0]?.[0] ?? ''));
  return (
    lists.length === 1 &&
    others.every((name) => besideLists.test(name)) &&
    before.every(([, member]) => typeof member !== 'object')
  );
}

function isListOfObjects(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'object' && one !== null);
}

/** Control characters that no text holds. */
function isBinary(head: Uint8Array): boolean {
  let control = 0;
  for (const byte of head) {
    if (byte === 0) return true;
    if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27 && byte !== 28 && byte !== 29 && byte !== 31)) control++;
  }
  return control > head.length / 100;
}

function read(
  path: string,
  name: string,
  format: FileFormat,
  analytics: Analytics,
  options: ReadOptions & { onEncoding: (encoding: string) => void },
): AsyncGenerator<RawRow[]> {
  if (format === 'parquet') return readParquet(path, analytics);
  const limits = readLimits(options.limits);
  if (format === 'xlsx') return readXlsx(path, options.sheet, limits, options.skipRows);
  const text = decodeText(readBytes(path, { ...options, limits }), options.encoding, options.onEncoding);
  if (format === 'json-lines') return readJsonLines(text, limits);
  if (format === 'json-array') return readJsonArray(text, limits);
  if (format === 'json-wrapped') return readJsonArray(text, limits, true);
  if (format === 'xml') return readFeed(text, name, limits);
  return readDelimited(text, options, limits);
}
