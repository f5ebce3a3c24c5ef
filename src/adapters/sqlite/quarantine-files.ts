/**
 * Rows that imports set aside: one Parquet file per import. Its rows are a store's raw rows and so may hold raw ids: forgetting
 * a customer takes the rows that name the customer.
 */
import { randomBytes } from 'node:crypto';
import { rmSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Analytics, parquetRows, sqlText } from '../../data/analytics.ts';
import type { QuarantinedRow } from '../../data/import-log.ts';
import type { PersonMentions } from '../../data/person-mentions.ts';
import type { ShopDatabase } from './database.ts';
import { draftPath, dropDraft, publishDraft, sweepDrafts } from './draft-files.ts';
import { moveLost, quarantineName } from './lost-files.ts';
import { giveUp } from './removals.ts';
import { assertWhole, fileSha256, sync } from './segments.ts';

export interface QuarantineFile {
  readonly importId: string;
  readonly file: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

export class QuarantineFiles {
  readonly folder: string;
  readonly #shopFolder: string;
  readonly #database: ShopDatabase;
  readonly #checked = new Set<string>();

  constructor(shopFolder: string, database: ShopDatabase) {
    this.#shopFolder = shopFolder;
    this.folder = join(shopFolder, 'quarantine');
    this.#database = database;
  }

  list(importId?: string): QuarantineFile[] {
    return this.#database
      .all(
        'SELECT import_id, file, rows, bytes, sha256 FROM quarantines WHERE ?1 IS NULL OR import_id = ?1',
        importId ?? null,
      )
      .map(([id, file, rows, bytes, sha256]) => ({
        importId: id as string,
        file: file as string,
        rows: rows as number,
        bytes: bytes as number,
        sha256: sha256 as string,
      }));
  }

  /** Inside a transaction: names the draft and lists it; the import's file before it is given up. */
  put({ importId, file, rows, bytes, sha256 }: QuarantineFile): void {
    this.#giveUp(importId);
    publishDraft(this.folder, file);
    this.#database.run(
      'INSERT OR REPLACE INTO quarantines (import_id, file, rows, bytes, sha256) VALUES (?, ?, ?, ?, ?)',
      ...[importId, file, rows, bytes, sha256],
    );
  }

  /** Inside a transaction. */
  remove(importId: string): void {
    this.#giveUp(importId);
    this.#database.run('DELETE FROM quarantines WHERE import_id = ?', importId);
  }

  #giveUp(importId: string): void {
    for (const { file } of this.list(importId)) giveUp(this.#database, `quarantine/${file}`);
  }

  /** Writes the rows of a query `(step, file, line, reason, row)` as a draft; `put` makes it part of the shop. Undefined without rows. */
  async write(analytics: Analytics, importId: string, select: string): Promise<QuarantineFile | undefined> {
    await mkdir(this.folder, { recursive: true });
    const file = `${importId}-${randomBytes(3).toString('hex')}.parquet`;
    const path = draftPath(this.folder, file);
    await analytics.execute(
      `COPY (${select} ORDER BY file, line, step) TO ${sqlText(path)} (FORMAT parquet, COMPRESSION zstd)`,
    );
    const [count] = await analytics.rows<{ n: number }>(`SELECT count(*) AS n FROM ${parquetRows(path)}`);
    if (count!.n === 0) {
      this.discard(file);
      return undefined;
    }
    await sync(path);
    return { importId, file, rows: count!.n, bytes: statSync(path).size, sha256: await fileSha256(path) };
  }

  /** After a failed transaction: a file that is not part of the shop. */
  discard(file: string): void {
    dropDraft(this.folder, file);
    rmSync(join(this.folder, file), { force: true });
  }

  /** The rows of a file, to select from; compared with its checksum when this process first reads it. */
  async relation({ file, bytes, sha256 }: QuarantineFile): Promise<string> {
    const path = join(this.folder, file);
    await assertWhole(path, bytes, this.#checked.has(file) ? undefined : sha256);
    this.#checked.add(file);
    return parquetRows(path);
  }

  async *read(
    analytics: Analytics,
    filter: { readonly importId?: string; readonly step?: string; readonly limit?: number },
  ): AsyncGenerator<QuarantinedRow> {
    let left = filter.limit ?? Infinity;
    for (const file of this.list(filter.importId)) {
      if (left <= 0) return;
      const step = filter.step === undefined ? '' : ` WHERE step = ${sqlText(filter.step)}`;
      const limit = left === Infinity ? '' : ` LIMIT ${left}`;
      const sql = `SELECT step, file, line, reason, "row" FROM ${await this.relation(file)}${step}${limit}`;
      for await (const batch of analytics.stream<RawRow>(sql))
        for (const row of batch) {
          left--;
          yield { importId: file.importId, ...row, row: JSON.parse(row.row) as Record<string, string> };
        }
    }
  }

  /**
   * Writes anew the files that have rows naming a person, without these rows.
   *
   * @param columnsOf - columns that an import was told are about people
   * @returns what stands in place of which file; nothing where no row of it is left
   */
  async without(
    analytics: Analytics,
    mentions: PersonMentions,
    columnsOf: (importId: string) => readonly string[],
  ): Promise<{ before: QuarantineFile; after: QuarantineFile | undefined }[]> {
    const changed: { before: QuarantineFile; after: QuarantineFile | undefined }[] = [];
    for (const before of this.list()) {
      const relation = await this.relation(before);
      const columns = columnsOf(before.importId);
      const lines: { file: string; line: number }[] = [];
      for await (const batch of analytics.stream<RawRow>(`SELECT * FROM ${relation}`))
        for (const { file, line, reason, row } of batch)
          if (mentions.in(JSON.parse(row) as Record<string, string>, { reason, columns })) lines.push({ file, line });
      if (lines.length === 0) continue;
      await analytics.execute('CREATE OR REPLACE TEMP TABLE forgotten (file VARCHAR, line BIGINT)');
      await analytics.append('forgotten', [
        { name: 'file', type: 'VARCHAR', values: lines.map(({ file }) => file) },
        { name: 'line', type: 'BIGINT', values: lines.map(({ line }) => line) },
      ]);
      const after = await this.write(
        analytics,
        before.importId,
        `SELECT * FROM ${relation} q WHERE NOT EXISTS (SELECT 1 FROM forgotten f WHERE f.file = q.file AND f.line = q.line)`,
      );
      changed.push({ before, after });
    }
    return changed;
  }

  /** Moves files that no row names to `lost/`, sweeps drafts of the dead; the caller holds the lease. */
  removeOrphans(): string[] {
    sweepDrafts(this.folder);
    return moveLost(this.#shopFolder, 'quarantine', quarantineName, new Set(this.list().map(({ file }) => file)));
  }
}

interface RawRow extends Record<string, unknown> {
  readonly step: string;
  readonly file: string;
  readonly line: number;
  readonly reason: string;
  readonly row: string;
}
