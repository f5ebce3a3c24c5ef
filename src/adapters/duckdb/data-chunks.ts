/**
 * Columns in and out of DuckDB's data chunks by memory copy: numbers as whole typed arrays, strings of up to twelve
 * bytes written in place as DuckDB keeps them (length, then bytes), validity as a bit set. The library's own item by
 * item setters cost several times as much.
 *
 * @source DuckDB C API: data chunks, vectors, `duckdb_string_t`
 */
import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBAppender,
  DuckDBDataChunk,
  type DuckDBType,
  INTEGER,
  VARCHAR,
} from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import type { ColumnType, ColumnValues, TableColumn } from '../../data/analytics.ts';

/** Rows of a data chunk. */
const chunkRows: number = duckdb.vector_size();
/** A string of at most this many bytes stands inside its 16-byte slot. */
const inlineBytes = 12;

const types: Record<ColumnType, DuckDBType> = { VARCHAR, DOUBLE, BIGINT, INTEGER, BOOLEAN };

/** Appends columns of equal length, in the table's own order. */
export function appendColumns(appender: DuckDBAppender, columns: readonly TableColumn[]): void {
  const rows = columns[0]?.values.length ?? 0;
  const chunkTypes = columns.map((column) => types[column.type]);
  for (let start = 0; start < rows; start += chunkRows) {
    const count = Math.min(chunkRows, rows - start);
    const chunk = DuckDBDataChunk.create(chunkTypes, count);
    for (const [c, column] of columns.entries()) {
      writeVector(duckdb.data_chunk_get_vector(chunk.chunk, c), column.type, column.values, start, count);
    }
    appender.appendDataChunk(chunk);
  }
}

function writeVector(
  vector: duckdb.Vector,
  type: ColumnType,
  values: ColumnValues,
  start: number,
  count: number,
): void {
  const validity = new Uint8Array(Math.ceil(count / 64) * 8).fill(0xff);
  let missing = false;
  const setMissing = (row: number): void => {
    validity[row >> 3]! &= ~(1 << (row & 7));
    missing = true;
  };
  if (type === 'VARCHAR') writeStrings(vector, values as readonly (string | null)[], start, count, setMissing);
  else {
    const data = numbersOf(type, values as readonly (number | boolean | null)[], start, count, setMissing);
    duckdb.copy_data_to_vector(vector, 0, data.buffer as ArrayBuffer, 0, data.byteLength);
  }
  if (!missing) return;
  duckdb.vector_ensure_validity_writable(vector);
  duckdb.copy_data_to_vector_validity(vector, 0, validity.buffer, 0, validity.byteLength);
}

function numbersOf(
  type: ColumnType,
  values: readonly (number | boolean | null)[],
  start: number,
  count: number,
  setMissing: (row: number) => void,
): Float64Array | Int32Array | Uint8Array {
  // A BIGINT is written as two 32-bit halves: no BigInt is made.
  const data =
    type === 'DOUBLE'
      ? new Float64Array(count)
      : type === 'BOOLEAN'
        ? new Uint8Array(count)
        : new Int32Array(type === 'BIGINT' ? 2 * count : count);
  for (let i = 0; i < count; i++) {
    const value = values[start + i];
    if (value === null || value === undefined || Number.isNaN(value)) setMissing(i);
    else if (type === 'BIGINT') {
      const whole = Math.trunc(value as number);
      data[2 * i] = (whole % 0x100000000) | 0;
      data[2 * i + 1] = Math.floor(whole / 0x100000000);
    } else data[i] = Number(value);
  }
  return data;
}

function writeStrings(
  vector: duckdb.Vector,
  values: readonly (string | null)[],
  start: number,
  count: number,
  setMissing: (row: number) => void,
): void {
  const slots = new Uint8Array(16 * count);
  const long: number[] = [];
  for (let i = 0; i < count; i++) {
    const text = values[start + i];
    if (text === null || text === undefined) setMissing(i);
    else if (!writeInline(slots, 16 * i, text)) long.push(i);
  }
  duckdb.copy_data_to_vector(vector, 0, slots.buffer, 0, slots.byteLength);
  // After the copy: it would overwrite the pointers.
  for (const i of long) duckdb.vector_assign_string_element(vector, i, values[start + i]!);
}

/** False where the text is not ASCII or too long. */
function writeInline(slots: Uint8Array, offset: number, text: string): boolean {
  const length = text.length;
  if (length > inlineBytes) return false;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) {
      slots.fill(0, offset, offset + 16);
      return false;
    }
    slots[offset + 4 + i] = code;
  }
  slots[offset] = length;
  return true;
}

/** How a column of a result is read. */
export type ReadAs = 'number' | 'boolean' | 'text';

/** A DOUBLE column of a chunk, copied into `out` at `at`; NaN where missing. */
export function readNumbers(chunk: DuckDBDataChunk, column: number, out: Float64Array, at: number): void {
  const rows = chunk.rowCount;
  const vector = duckdb.data_chunk_get_vector(chunk.chunk, column);
  const bytes = duckdb.vector_get_data(vector, 8 * rows);
  out.set(new Float64Array(bytes.buffer, bytes.byteOffset, rows), at);
  const validity = duckdb.vector_get_validity(vector, Math.ceil(rows / 64) * 8) as Uint8Array | null;
  if (!validity) return;
  for (let i = 0; i < rows; i++) if ((validity[i >> 3]! & (1 << (i & 7))) === 0) out[at + i] = Number.NaN;
}
