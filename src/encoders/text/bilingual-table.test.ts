/** The table that comes with Shelfwise: what it knows of both languages, and that a random one knows nothing. */
import { expect, test } from 'vitest';
import { across, chinese, english, type Pair } from '../../../bench/peers/similarity-pairs.ts';
import { spearman } from '../../../bench/peers/spearman.ts';
import { Random } from '../../core/random.ts';
import { staticTable, type WordTable } from './static-table.ts';
import { bilingualTable } from './table-file.ts';
import { similarity } from './text-encoder.ts';

async function agreement(table: WordTable, pairs: readonly Pair[]): Promise<number> {
  const encoder = staticTable(table);
  const [a, b] = [
    await encoder.encode(pairs.map(([text]) => text)),
    await encoder.encode(pairs.map(([, text]) => text)),
  ];
  return spearman(
    pairs.map((_, n) => similarity(a, n, b, n)),
    pairs.map(([, , likeness]) => likeness),
  );
}

test('it agrees with how alike people find products, in English, Chinese and across', async () => {
  const table = await bilingualTable();
  expect(table.vectors.byteLength + table.scales!.byteLength).toBeLessThan(16 * 2 ** 20);
  const shuffled = { ...table, words: new Random(1).shuffle([...table.words]) };
  for (const pairs of [english, chinese, across]) {
    expect(await agreement(table, pairs)).toBeGreaterThan(0.6);
    expect(Math.abs(await agreement(shuffled, pairs))).toBeLessThan(0.5);
  }
});

test('a product finds itself in the other language among many', async () => {
  const encoder = staticTable(await bilingualTable());
  const same = across.filter(([, , likeness]) => likeness === 4);
  const [a, b] = [await encoder.encode(same.map(([text]) => text)), await encoder.encode(same.map(([, text]) => text))];
  const found = same.filter((_, i) => {
    const scores = same.map((__, j) => similarity(a, i, b, j));
    return scores.indexOf(Math.max(...scores)) === i;
  });
  expect(found.length / same.length).toBeGreaterThan(0.7);
});
