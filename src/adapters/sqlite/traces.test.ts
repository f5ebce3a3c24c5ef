import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test } from 'vitest';
import { holdsAny, traceOfPerson } from './traces.ts';

const folder = mkdtempSync(join(tmpdir(), 'traces-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a row of a person is found as SQLite writes it, for small keys and large ones, and no other', () => {
  const path = join(folder, 'a.sqlite');
  const database = new DatabaseSync(path);
  database.exec(
    'CREATE TABLE persons (kind INTEGER NOT NULL, id TEXT NOT NULL, person INTEGER NOT NULL, joined INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (kind, id)) WITHOUT ROWID; ALTER TABLE persons ADD COLUMN batch INTEGER NOT NULL DEFAULT 0',
  );
  const keys = [2 ** 40 + 5, 2 ** 47 - 1, 2 ** 47, 2 ** 48 - 1];
  for (const [n, key] of keys.entries())
    database.prepare('INSERT INTO persons (kind, id, person, batch) VALUES (0, ?, ?, 3)').run(`u${n}`, key);
  database.close();
  for (const [n, key] of keys.entries()) {
    expect(holdsAny(path, traceOfPerson(`u${n}`, key))).toBe(true);
    expect(holdsAny(path, traceOfPerson(`u${n}`, key - 1))).toBe(false);
  }
});

test('a trace is found wherever it lies, across the pieces that are read', () => {
  const path = join(folder, 'large');
  const trace = Buffer.from('somebody');
  for (const at of [0, (1 << 20) - 3, (1 << 20) - 8, (1 << 20) + 1, 3 << 20]) {
    const bytes = Buffer.alloc((3 << 20) + 8);
    writeFileSync(path, bytes);
    expect(holdsAny(path, [trace])).toBe(false);
    trace.copy(bytes, at);
    writeFileSync(path, bytes);
    expect(holdsAny(path, [Buffer.from('nobody'), trace])).toBe(true);
  }
  expect(holdsAny(path, [])).toBe(false);
});
