/**
 * Cells as texts: columns of a table by name, members of a tree by path, members of a list inside a tree one by one.
 * What stands for nothing (NULL, None, \N, N/A, -) is nothing; wrappings that spreadsheets need (`="123"`, `'0123`) go.
 */
import type { RawRow } from '../../readers/raw-row.ts';
import type { SourceShape } from '../kind.ts';

const spreadsheetErrors: ReadonlySet<string> = new Set([
  ...['#N/A', '#REF!', '#VALUE!', '#DIV/0!', '#NAME?', '#NULL!', '#NUM!', '#SPILL!', '#CALC!', '#GETTING_DATA'],
]);

/** What programs write for nothing. */
const unknown: ReadonlySet<string> = new Set([
  ...[
    'null',
    '(null)',
    'none',
    'nan',
    'n/a',
    'na',
    '\\n',
    '-',
    '--',
    '—',
    '–',
    'undefined',
    'nil',
    '#n/a',
    '(not set)',
  ],
]);

/** True for a cell that stands for nothing: NULL, None, nan, \N, N/A, a dash. */
export function isUnknown(text: string): boolean {
  return text.length <= 9 && unknown.has(text.toLowerCase());
}

/** What a cell says: trimmed, unwrapped, nothing where it stands for nothing. */
export function said(cell: string): string {
  const text = bare(cell);
  return isUnknown(text) ? '' : text;
}

/** A text that people read: only what no text is stands for nothing. */
export function saidText(cell: string): string {
  const text = bare(cell);
  return text === '\\N' || text === 'NULL' ? '' : text;
}

function bare(cell: string): string {
  const text = cell.trim();
  const first = text.charCodeAt(0);
  // ="412..." and '0123 keep a spreadsheet from reading a number.
  if (first === 61 && text.startsWith('="') && text.endsWith('"')) return text.slice(2, -1).trim();
  if (first === 39 && text.length > 1 && !text.endsWith("'")) return text.slice(1).trim();
  if (first === 35 && spreadsheetErrors.has(text.toUpperCase())) return '';
  return text;
}

/** The row that is read, and which member of its list. */
export interface Cursor {
  row: RawRow;
  /** Cells of the row, with those that follow from the rows before it. */
  fields: readonly string[];
  item: unknown;
}

export type Cell = (cursor: Cursor) => string;

/** A column, or a path of a tree: `billing.email`, `line_items[].sku` for each member of a list. */
export function cellOf(source: SourceShape, column: string): Cell {
  if (source.columns && !column.includes('[]')) {
    const at = source.columns.indexOf(column);
    return at < 0 ? () => '' : (cursor) => cursor.fields[at] ?? '';
  }
  const list = column.indexOf('[]');
  const path = pathOf(list < 0 ? column : column.slice(list + 2));
  // A label of a table's cell may hold a full stop.
  if (list >= 0 && source.columns) return (cursor) => textAt(cursor.item, [column.slice(list + 3)]);
  if (list >= 0) return (cursor) => textAt(cursor.item, path);
  return (cursor) => {
    const value = cursor.row.value;
    // A member may be called as a path is written.
    if (path.length > 1 && typeof value === 'object' && value !== null && column in value)
      return asText((value as Record<string, unknown>)[column]);
    return textAt(value, path);
  };
}

/** The list whose members are rows of their own, where a column names one: `line_items` of `line_items[].sku`. */
export function listIn(columns: Iterable<string>): string | undefined {
  for (const column of columns) {
    const at = column.indexOf('[]');
    if (at >= 0) return column.slice(0, at);
  }
  return undefined;
}

export function valueAt(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const name of path)
    found =
      typeof found === 'object' && found !== null && Object.hasOwn(found, name)
        ? (found as Record<string, unknown>)[name]
        : undefined;
  return found;
}

export function pathOf(column: string): readonly string[] {
  return column.split('.').filter((name) => name !== '');
}

function textAt(value: unknown, path: readonly string[]): string {
  return asText(valueAt(value, path));
}

function asText(value: unknown): string {
  if (value === null || value === undefined) return '';
  // An empty list says nothing.
  if (Array.isArray(value) && value.length === 0) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
