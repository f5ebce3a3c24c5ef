import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { openDuckdb } from '../../src/adapters/duckdb/analytics.ts';
import { createMemoryStore } from '../../src/adapters/memory/memory-store.ts';
import { openStore } from '../../src/adapters/sqlite/shop-store.ts';
import { describeShopStore } from './shop-store.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describeShopStore('the store on SQLite and Parquet', 2_500, () => {
  const folder = mkdtempSync(join(tmpdir(), 'shop-'));
  folders.push(folder);
  return openStore(join(folder, 'shop'), { create: true, openAnalytics: () => openDuckdb({ threads: 1 }) });
});
describeShopStore('the store in memory', 250, async () => createMemoryStore());
