/**
 * The analytics port on DuckDB, in memory: sets of rows by SQL, within a memory limit and spilling to a folder. Every
 * integer leaves as a number, times and nested values as text.
 *
 * A stream reads on a connection of its own, so that statements may run while it is read.
 */
import { availableParallelism } from 'node:os';
import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBResult,
  DuckDBTypeId,
} from '@duckdb/node-api';
import { makeFolder } from '../../core/folders.ts';
import type { Analytics, ColumnType, TableColumn } from '../../data/analytics.ts';
import { appendColumns, type ReadAs, readNumbers } from './data-chunks.ts';

export interface DuckdbOptions {
  /** Most memory DuckDB takes for itself, in bytes; by default its own choice (80% of the machine). */
  readonly memoryLimitBytes?: number;
  /** Where it spills beyond that; made when missing. Without one nothing is spilled. */
  readonly spillFolder?: string;
  /** @default all cores */
  readonly threads?: number;
}

/** Opens an empty database in memory. */
export async function openDuckdb(options: DuckdbOptions = {}): Promise<Analytics> {
  if (options.spillFolder) makeFolder(options.spillFolder);
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(options.threads ?? availableParallelism()),
    temp_directory: options.spillFolder ?? '',
    // Extensions that are not built in are not fetched from the network.
    autoinstall_known_extensions: 'false',
    ...(options.memoryLimitBytes && { memory_limit: `${Math.floor(options.memoryLimitBytes / 1024)}KiB` }),
  });
  try {
    return new DuckdbAnalytics(instance, await instance.connect());
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

const numeric: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UHUGEINT,
  DuckDBTypeId.FLOAT,
  DuckDBTypeId.DOUBLE,
  DuckDBTypeId.DECIMAL,
]);

interface Reading {
  readonly result: DuckDBResult;
  readonly names: readonly string[];
  readonly readAs: readonly ReadAs[];
}

class DuckdbAnalytics implements Analytics {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #tables = new Map<string, readonly { name: string; type: ColumnType }[]>();
  #closed = false;

  constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  async execute(sql: string): Promise<void> {
    // A statement may change any table: what is known of their columns is read again.
    this.#tables.clear();
    await this.#connection.run(sql);
  }

  async rows<Row extends Record<string, unknown>>(sql: string): Promise<Row[]> {
    const reading = await read(this.#connection, sql);
    const rows: Row[] = [];
    for (let chunk = await next(reading); chunk; chunk = await next(reading))
      for (const row of rowsOf<Row>(reading, chunk)) rows.push(row);
    return rows;
  }

  async columns(sql: string): Promise<Record<string, Float64Array | (string | null)[]>> {
    const reading = await read(this.#connection, sql);
    const chunks: DuckDBDataChunk[] = [];
    let length = 0;
    for (let chunk = await next(reading); chunk; chunk = await next(reading)) {
      chunks.push(chunk);
      length += chunk.rowCount;
    }
    const columns: Record<string, Float64Array | (string | null)[]> = {};
    for (const [c, name] of reading.names.entries()) {
      if (reading.readAs[c] !== 'text') {
        const values = new Float64Array(length);
        let at = 0;
        for (const chunk of chunks) {
          readNumbers(chunk, c, values, at);
          at += chunk.rowCount;
        }
        columns[name] = values;
      } else columns[name] = chunks.flatMap((chunk) => chunk.getColumnValues(c) as (string | null)[]);
    }
    return columns;
  }

  async *stream<Row extends Record<string, unknown>>(sql: string): AsyncGenerator<Row[]> {
    const connection = await this.#instance.connect();
    try {
      const reading = await read(connection, sql);
      for (let chunk = await next(reading); chunk; chunk = await next(reading)) yield rowsOf<Row>(reading, chunk);
    } finally {
      connection.closeSync();
    }
  }

  async append(table: string, columns: readonly TableColumn[]): Promise<void> {
    const length = columns[0]?.values.length ?? 0;
    for (const { name, values } of columns) {
      if (values.length !== length)
        throw new RangeError(`${table}.${name}: expected ${length} values, got ${values.length}.`);
    }
    const declared = await this.#columnsOf(table, columns);
    const given = new Map(columns.map((column) => [column.name, column]));
    const ordered = declared.map(({ name, type }): TableColumn => {
      const column = given.get(name);
      given.delete(name);
      return { name, type, values: column?.values ?? new Array<null>(length).fill(null) };
    });
    const [unknown] = given.keys();
    if (unknown !== undefined) throw new RangeError(`${table}: expected a known column, got "${unknown}".`);
    if (length === 0) return;
    const appender = await this.#connection.createAppender(table);
    appendColumns(appender, ordered);
    appender.closeSync();
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#connection.closeSync();
      this.#instance.closeSync();
    }
    return Promise.resolve();
  }

  async #columnsOf(
    table: string,
    columns: readonly TableColumn[],
  ): Promise<readonly { name: string; type: ColumnType }[]> {
    const known = this.#tables.get(table);
    if (known) return known;
    const definition = columns.map(({ name, type }) => `${identifier(name)} ${type}`).join(', ');
    await this.#connection.run(`CREATE TABLE IF NOT EXISTS ${identifier(table)} (${definition})`);
    const described = await this.rows<{ column_name: string; column_type: ColumnType }>(
      `SELECT column_name, column_type FROM (DESCRIBE ${identifier(table)})`,
    );
    const result = described.map((row) => ({ name: row.column_name, type: row.column_type }));
    this.#tables.set(table, result);
    return result;
  }
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Starts a query whose columns are all DOUBLE, BOOLEAN or VARCHAR: the rest is cast inside DuckDB. */
async function read(connection: DuckDBConnection, sql: string): Promise<Reading> {
  const prepared = await connection.prepare(sql);
  const names: string[] = [];
  const readAs: ReadAs[] = [];
  const casts: string[] = [];
  let cast = false;
  for (let c = 0; c < prepared.columnCount; c++) {
    const name = prepared.columnName(c);
    const type = prepared.columnTypeId(c);
    names.push(name);
    readAs.push(numeric.has(type) ? 'number' : type === DuckDBTypeId.BOOLEAN ? 'boolean' : 'text');
    const target = { number: 'DOUBLE', boolean: 'DOUBLE', text: 'VARCHAR' }[readAs[c]!];
    if (DuckDBTypeId[type] === target) casts.push(identifier(name));
    else {
      cast = true;
      casts.push(`CAST(${identifier(name)} AS ${target}) AS ${identifier(name)}`);
    }
  }
  if (!cast) return { result: await prepared.stream(), names, readAs };
  prepared.destroySync();
  const inner = sql.replace(/;\s*$/, '');
  return { result: await connection.stream(`SELECT ${casts.join(', ')} FROM (${inner}\n)`), names, readAs };
}

async function next(reading: Reading): Promise<DuckDBDataChunk | undefined> {
  const chunk = await reading.result.fetchChunk();
  return chunk && chunk.rowCount > 0 ? chunk : undefined;
}

function rowsOf<Row extends Record<string, unknown>>(reading: Reading, chunk: DuckDBDataChunk): Row[] {
  const rows = Array.from({ length: chunk.rowCount }, () => ({}) as Record<string, unknown>);
  const numbers = new Float64Array(chunk.rowCount);
  for (const [c, name] of reading.names.entries()) {
    const readAs = reading.readAs[c];
    if (readAs === 'text') {
      const vector = chunk.getColumnVector(c);
      for (const [r, row] of rows.entries()) row[name] = vector.getItem(r);
      continue;
    }
    readNumbers(chunk, c, numbers, 0);
    for (const [r, row] of rows.entries()) {
      const value = numbers[r]!;
      row[name] = Number.isNaN(value) ? null : readAs === 'boolean' ? value === 1 : value;
    }
  }
  return rows as Row[];
}
