import { expect, test } from 'vitest';
import { eventIdHash, eventIdHashSql } from '../../data/event-id-hash.ts';
import { openDuckdb } from '../duckdb/analytics.ts';
import { EventIdFilter } from './event-id-filter.ts';

const hashes = (from: number, to: number): Float64Array =>
  Float64Array.from({ length: to - from }, (_, i) => eventIdHash(`event-${from + i}`));

test.each([0, 1, 7, 5_000, 100_000])('a filter of %i ids holds them all and hardly any other', (count) => {
  const { filter, repeated } = EventIdFilter.of(hashes(0, count));
  expect(repeated).toEqual([]);
  const read = EventIdFilter.parse(filter.bytes());
  expect(read.size).toBe(count);
  expect(hashes(0, count).every((hash) => read.has(hash))).toBe(true);
  expect(hashes(count, count + 50_000).filter((hash) => read.has(hash)).length).toBe(0);
  expect(filter.bytes().byteLength).toBeLessThan(5 * count + 64);
});

test('ids that come more than once are named', () => {
  const { repeated } = EventIdFilter.of(Float64Array.of(...hashes(0, 5000), ...hashes(17, 19), ...hashes(17, 18)));
  expect(new Set(repeated)).toEqual(new Set(hashes(17, 19)));
});

test('SQL and TypeScript hash alike', async () => {
  const analytics = await openDuckdb({ threads: 1 });
  const texts = ['', 'abc', 'Größe 5 – 中文', 'x'.repeat(300)];
  for (const text of texts) {
    const [row] = await analytics.rows<{ hash: number }>(`SELECT ${eventIdHashSql(`'${text}'`)} AS hash`);
    expect(row!.hash).toBe(eventIdHash(text));
  }
  await analytics.close();
});

test('bytes that are no filter are refused', () => {
  expect(() => EventIdFilter.parse(new Uint8Array(64))).toThrow('not an event id filter');
});
