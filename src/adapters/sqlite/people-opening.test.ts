/** Requests that come at once after a start wait for one reading of the files of people. */
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { reportOf, stage } from '../../../test/fakes/staged-import.ts';
import { openDuckdb } from '../duckdb/analytics.ts';
import { openStore } from './shop-store.ts';

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  return { ...fs, createReadStream: vi.fn(fs.createReadStream) };
});

test('sixty requests after a start read the checksum of a file of people once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'people-'));
  try {
    const open = () => openStore(folder, { create: true, openAnalytics: () => openDuckdb({ threads: 1 }) });
    const first = await open();
    const analytics = await openDuckdb({ threads: 1 });
    await stage(
      analytics,
      Array.from({ length: 60 }, (_, n) => ({
        ...{ eventId: `e${n}`, kind: 'purchase' as const, time: n, userId: `u${n % 20}`, productId: `p${n % 7}` },
      })),
    );
    const empty = { products: [], users: [], facts: [] };
    await first.commitImport({ report: reportOf('i1'), ...empty, events: { analytics, table: 'staged' } });
    await analytics.close();
    await first.close();
    const store = await open();
    vi.mocked(createReadStream).mockClear();
    const lengths = await Promise.all(
      Array.from({ length: 60 }, async (_, n) => {
        const person = (await store.personOf({ userId: `u${n % 20}` }))!;
        return (await store.recentEvents(person)).length;
      }),
    );
    expect(lengths).toEqual(Array.from({ length: 60 }, () => 3));
    const read = vi.mocked(createReadStream).mock.calls.map(([path]) => String(path));
    expect(read.filter((path) => path.endsWith('.people')).length).toBe(1);
    await store.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
