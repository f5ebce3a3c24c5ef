import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Analytics, sqlText } from '../../data/analytics.ts';
import { openDuckdb } from './analytics.ts';

let analytics: Analytics;
beforeEach(async () => {
  analytics = await openDuckdb({ threads: 1 });
});
afterEach(() => analytics.close());

test('appended columns come back as they went in, across chunk borders', async () => {
  const rows = 5000;
  const texts = Array.from({ length: rows }, (_, i) =>
    i % 7 === 0 ? null : i % 3 === 0 ? `café ${i}` : i % 3 === 1 ? `t${i}` : `a text of more than twelve bytes ${i}`,
  );
  const big = Float64Array.from({ length: rows }, (_, i) => (i % 2 ? 1 : -1) * (1_600_000_000_000 + i * 4097));
  const whole = Int32Array.from({ length: rows }, (_, i) => i - 2500);
  const real = Array.from({ length: rows }, (_, i) => (i % 11 === 0 ? null : i / 3));
  const yes = Array.from({ length: rows }, (_, i) => (i % 5 === 0 ? null : i % 2 === 0));
  for (let start = 0; start < rows; start += 1700) {
    const end = start + 1700;
    await analytics.append('t', [
      { name: 'i', type: 'INTEGER', values: whole.slice(start, end) },
      { name: 'text', type: 'VARCHAR', values: texts.slice(start, end) },
      { name: 'big', type: 'BIGINT', values: big.slice(start, end) },
      { name: 'real', type: 'DOUBLE', values: real.slice(start, end) },
      { name: 'yes', type: 'BOOLEAN', values: yes.slice(start, end) },
    ]);
  }
  const columns = await analytics.columns('SELECT * FROM t ORDER BY i');
  expect(columns['text']).toEqual(texts);
  expect(columns['big']).toEqual(big);
  expect(columns['real']).toEqual(Float64Array.from(real, (v) => v ?? Number.NaN));
  const read = await analytics.rows<{ yes: boolean | null; big: number }>('SELECT yes, big FROM t ORDER BY i');
  expect(read.map((row) => row.yes)).toEqual(yes);
  expect(read[17]!.big).toBe(big[17]);
  const streamed: unknown[] = [];
  for await (const batch of analytics.stream('SELECT text FROM t ORDER BY i')) {
    // Statements may run while a stream is read.
    await analytics.rows('SELECT 1 AS one');
    for (const row of batch) streamed.push(row['text']);
  }
  expect(streamed).toEqual(texts);
});

test('a column that is not given is missing, an unknown one or an uneven one is refused', async () => {
  await analytics.execute('CREATE TABLE t (a VARCHAR, b BIGINT)');
  await analytics.append('t', [{ name: 'b', type: 'BIGINT', values: [1, null] }]);
  expect(await analytics.rows('SELECT * FROM t')).toEqual([
    { a: null, b: 1 },
    { a: null, b: null },
  ]);
  await expect(analytics.append('t', [{ name: 'c', type: 'BIGINT', values: [1] }])).rejects.toThrow('known column');
  await expect(
    analytics.append('t', [
      { name: 'a', type: 'VARCHAR', values: ['x', 'y'] },
      { name: 'b', type: 'BIGINT', values: [1] },
    ]),
  ).rejects.toThrow('expected 2 values');
});

test('sums of integers are numbers, times are text, an empty result keeps its columns', async () => {
  expect(await analytics.rows("SELECT sum(x) AS s, TIMESTAMP '2011-02-03 04:05:06' AS t FROM range(10) r(x)")).toEqual([
    { s: 45, t: '2011-02-03 04:05:06' },
  ]);
  expect(await analytics.columns('SELECT 1::BIGINT AS a WHERE false')).toEqual({ a: new Float64Array() });
});

test('work beyond the memory limit spills into the folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'spill-'));
  const small = await openDuckdb({ memoryLimitBytes: 60e6, spillFolder: join(folder, 'deep', 'spill'), threads: 2 });
  try {
    await small.execute(
      'CREATE TABLE wide AS SELECT hash(x)::VARCHAR AS a, hash(x + 1)::VARCHAR AS b FROM range(1500000) r(x)',
    );
    const [row] = await small.rows<{ n: number }>('SELECT count(*) AS n FROM (SELECT * FROM wide ORDER BY a, b)');
    expect(row).toEqual({ n: 1_500_000 });
  } finally {
    await small.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a quote inside a literal stays a text', async () => {
  const [row] = await analytics.rows(`SELECT ${sqlText("O'Hara")} AS name`);
  expect(row).toEqual({ name: "O'Hara" });
});
