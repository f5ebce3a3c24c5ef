/**
 * `shop.sqlite`: opening with the pragmas a shop needs, prepared statements by their text, transactions, and SQLite's
 * failures in the shop's words.
 */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { ShelfwiseError } from '../../core/errors.ts';
import { whyNotWritable } from '../../core/folders.ts';
import { namedSystemError } from '../../core/system-errors.ts';
import { assertSums, removeSums, sumsPath, writeSums } from './page-sums.ts';
import { openReadOnly, type ReadOnlyDatabase } from './read-only-database.ts';
import { applicationId, migrations, schemaVersion } from './schema.ts';

export type SqlValue = string | number | null;
/** A row as an array of its columns. */
export type SqlRow = readonly SqlValue[];

const restoreHint = 'Restore the shop from a backup, or import its files into a new folder.';

/** Statements kept; texts that carry literal values would fill memory otherwise. */
const statementLimit = 256;

/** SQLite result codes (low byte). */
const sqliteBusy = 5;
const sqliteLocked = 6;
const sqliteCorrupt = 11;
const sqliteNotADatabase = 26;

export class ShopDatabase {
  readonly path: string;
  readonly #database: DatabaseSync;
  /** Where nothing may be written. */
  readonly #readOnly: ReadOnlyDatabase | undefined;
  readonly #statements = new Map<string, StatementSync>();

  private constructor(path: string, database: DatabaseSync, readOnly?: ReadOnlyDatabase) {
    this.path = path;
    this.#database = database;
    this.#readOnly = readOnly;
  }

  /**
   * Opens the database, making it or bringing it to the present schema; to be read only where it may not be written.
   *
   * @param traces - parts of a shop that lie beside it: it may then be no new, empty database
   * @throws ShelfwiseError `SW_SHOP_CORRUPT`, `SW_SHOP_NEWER`
   */
  static open(path: string, traces: readonly string[] = []): ShopDatabase {
    const isNew = !existsSync(path) || statSync(path).size === 0;
    if (!isNew) assertWhole(path);
    let opened: { close(): void } | undefined;
    try {
      if (!isNew && (whyNotWritable(path) ?? whyNotWritable(dirname(path))) !== undefined) {
        const readOnly = openReadOnly(path);
        opened = readOnly;
        const database = new ShopDatabase(path, readOnly.database, readOnly);
        database.#prepareShop(traces);
        return database;
      }
      const file = new DatabaseSync(path, { timeout: 200 });
      opened = file;
      const database = new ShopDatabase(path, file);
      database.#prepareShop(traces);
      return database;
    } catch (error) {
      opened?.close();
      throw translated(path, error);
    }
  }

  /** `frozen` where what others write later is not seen. */
  get readOnly(): 'frozen' | 'live' | undefined {
    return this.#readOnly && (this.#readOnly.frozen ? 'frozen' : 'live');
  }

  get version(): number {
    return this.#database.prepare('PRAGMA user_version').get()!['user_version'] as number;
  }

  #prepareShop(traces: readonly string[]): void {
    const version = this.version;
    if (version > schemaVersion)
      throw new ShelfwiseError(
        'SW_SHOP_NEWER',
        `${this.path}: expected schema version ${schemaVersion} or less, got ${version}.`,
        'Update Shelfwise: a newer version wrote this shop.',
        { path: this.path, expected: schemaVersion, got: version },
      );
    const application = this.#database.prepare('PRAGMA application_id').get()!['application_id'];
    const tables = this.#database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()!['n'] as number;
    if (tables > 0 && application !== applicationId)
      throw new ShelfwiseError(
        'SW_SHOP_CORRUPT',
        `${this.path}: expected a Shelfwise shop, got another program's database.`,
        'Name another folder.',
      );
    if (tables === 0 && traces.length > 0)
      throw new ShelfwiseError(
        'SW_SHOP_CORRUPT',
        `${this.path}: expected the database of the shop that ${traces.join(', ')} belong to, got an empty one.`,
        'Restore the database from a backup, or see what can be rebuilt: shelfwise doctor.',
        { path: this.path, traces },
      );
    if (this.#readOnly) {
      if (version < schemaVersion)
        throw new ShelfwiseError(
          'SW_SHOP_READ_ONLY',
          `${this.path}: expected schema version ${schemaVersion}, got ${version} where nothing may be written.`,
          'Open the shop once where it may be written: it is brought up to date then.',
        );
      this.all('SELECT key, value FROM shop');
      return;
    }
    this.#database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 8000',
    );
    if (version < schemaVersion) {
      if (tables > 0) assertSums(this.path);
      this.transaction(() => this.#migrate());
    }
    // The first read of every table: damage in the schema shows here and not in the middle of work.
    this.all('SELECT key, value FROM shop');
  }

  /** Inside a write transaction: another process may have done it meanwhile. */
  #migrate(): void {
    for (let version = this.version; version < schemaVersion; version++) this.#database.exec(migrations[version]!);
    this.#database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion}`);
  }

  /** Prepared once per text; rows come as arrays. */
  statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      if (this.#statements.size > statementLimit) this.#statements.clear();
      statement = this.#database.prepare(sql);
      statement.setReturnArrays(true);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  run(sql: string, ...values: SQLInputValue[]): number {
    if (this.#database.isOpen && !this.#database.isTransaction) return this.transaction(() => this.run(sql, ...values));
    return this.#guard(() => Number(this.statement(sql).run(...values).changes));
  }

  get(sql: string, ...values: SQLInputValue[]): SqlRow | undefined {
    return this.#guard(() => this.statement(sql).get(...values) as unknown as SqlRow | undefined);
  }

  all(sql: string, ...values: SQLInputValue[]): SqlRow[] {
    return this.#guard(() => this.statement(sql).all(...values) as unknown as SqlRow[]);
  }

  /** Runs `work` between BEGIN IMMEDIATE and COMMIT; the commit is durable when this returns. */
  transaction<T>(work: () => T): T {
    if (this.#readOnly)
      throw new ShelfwiseError(
        'SW_SHOP_READ_ONLY',
        `${this.path}: expected the right to write, got a shop that may only be read.`,
        'Give this user the right to write there, or write in the process that has it.',
      );
    return this.#between('BEGIN IMMEDIATE', () => {
      removeSums(this.path);
      return work();
    });
  }

  /** Runs `work` on one state of the database. */
  snapshot<T>(work: () => T): T {
    return this.#between('BEGIN', work);
  }

  #between<T>(begin: string, work: () => T): T {
    return this.#guard(() => {
      this.#database.exec(begin);
      try {
        const result = work();
        this.#database.exec('COMMIT');
        return result;
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  /** Writes the file anew, without the gaps of its pages; outside of a transaction, holding the lease. */
  vacuum(): void {
    this.#guard(() => this.#database.exec('VACUUM'));
  }

  /** Moves what can be moved from the log into the database file, while others write: their commits need not do it. */
  relieveLog(): void {
    this.#guard(() => this.statement('PRAGMA wal_checkpoint(PASSIVE)').get());
  }

  /** Moves the log into the database file and empties it; false where a reader of another process stands in the way. */
  checkpoint(): boolean {
    return this.get('PRAGMA wal_checkpoint(TRUNCATE)')?.[0] === 0;
  }

  close(): void {
    this.#statements.clear();
    if (this.#readOnly) this.#readOnly.close();
    else if (this.#database.isOpen) {
      this.#leaveSums();
      this.#database.close();
    }
  }

  /** Where everything is in the file and nobody writes, its pages get their checksums; else whoever closes last does it. */
  #leaveSums(): void {
    if (existsSync(sumsPath(this.path))) return;
    try {
      // The most part without the write lock.
      this.relieveLog();
      if (!this.checkpoint()) return;
      this.#database.exec('BEGIN IMMEDIATE');
      try {
        const log = statSync(`${this.path}-wal`, { throwIfNoEntry: false });
        if (!log || log.size === 0) writeSums(this.path);
      } finally {
        this.#database.exec('ROLLBACK');
      }
    } catch {
      // A shop without sums is opened all the same: its pages are not compared then.
    }
  }

  #guard<T>(work: () => T): T {
    if (!this.#database.isOpen) {
      const message = `${this.path}: expected an open shop, got one that was closed.`;
      throw new ShelfwiseError('SW_SHOP_CLOSED', message, 'Open it again, and close it when all is done.');
    }
    try {
      return work();
    } catch (error) {
      throw translated(this.path, error);
    }
  }
}

/** A value of the table `shop`. */
export function shopValue(database: ShopDatabase, key: string): SqlValue | undefined {
  return database.get('SELECT value FROM shop WHERE key = ?', key)?.[0];
}

export function setShopValue(database: ShopDatabase, key: string, value: string | number): void {
  database.run(
    'INSERT INTO shop (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    key,
    value,
  );
}

export function isBusy(error: unknown): boolean {
  return error instanceof ShelfwiseError && error.code === 'SW_SHOP_BUSY';
}

function translated(path: string, error: unknown): unknown {
  const code = ((error as { errcode?: number }).errcode ?? 0) & 0xff;
  const message = (error as Error).message;
  if (code === sqliteCorrupt || code === sqliteNotADatabase)
    return new ShelfwiseError(
      'SW_SHOP_CORRUPT',
      `${path}: expected a sound database, got: ${message}.`,
      restoreHint,
      { path },
      error,
    );
  if (code === sqliteBusy || code === sqliteLocked)
    return new ShelfwiseError(
      'SW_SHOP_BUSY',
      `${path}: expected the write lock, got: ${message}.`,
      'Try again.',
      { path },
      error,
    );
  return namedSystemError(error, path);
}

/** The header tells how many pages there must be; while the log holds pages the file may rightly be shorter. */
function assertWhole(path: string): void {
  const header = Buffer.alloc(100);
  const file = openSync(path, 'r');
  try {
    readSync(file, header, 0, 100, 0);
  } finally {
    closeSync(file);
  }
  if (header.toString('latin1', 0, 15) !== 'SQLite format 3')
    throw new ShelfwiseError('SW_SHOP_CORRUPT', `${path}: expected an SQLite database, got other bytes.`, restoreHint, {
      path,
    });
  const log = `${path}-wal`;
  if (existsSync(log) && statSync(log).size > 0) return;
  const pageSize = header.readUInt16BE(16) === 1 ? 65536 : header.readUInt16BE(16);
  const expected = pageSize * header.readUInt32BE(28);
  const bytes = statSync(path).size;
  if (bytes < expected)
    throw new ShelfwiseError('SW_SHOP_CORRUPT', `${path}: expected ${expected} bytes, got ${bytes}.`, restoreHint, {
      path,
    });
}
