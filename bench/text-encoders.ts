/**
 * Encoders of texts: how alike they find pairs of product texts beside a list judged by hand (Spearman's correlation), how
 * much a linear model reads from their vectors (category and sentiment of Chinese reviews), and how many texts a second they
 * take. 80% of the reviews teach, 20% measure, by a shuffle from the seed.
 *
 * node bench/text-encoders.ts [--seed 1] [--only NAME] [--json] [--save]
 */
import { openSegmenter } from '../src/adapters/jieba/segmenter.ts';
import { fitBagOfWords } from '../src/encoders/text/bag-of-words.ts';
import { staticTable } from '../src/encoders/text/static-table.ts';
import { bilingualTable } from '../src/encoders/text/table-file.ts';
import type { TextEncoder } from '../src/encoders/text/text-encoder.ts';
import { similarity } from '../src/encoders/text/text-encoder.ts';
import { fitTfIdf } from '../src/encoders/text/tf-idf.ts';
import { fitWord2vec } from '../src/encoders/text/word2vec.ts';
import { benchFlags, print } from './peers/comparison.ts';
import { linearProbe } from './peers/linear-probe.ts';
import { readReviews, splitOf } from './peers/reviews.ts';
import { across, chinese, english } from './peers/similarity-pairs.ts';
import { spearman } from './peers/spearman.ts';

const flags = benchFlags({ seed: { type: 'string', default: '1' }, only: { type: 'string' } });
const seed = Number(flags.seed);
await measure();

async function measure(): Promise<void> {
  const data = process.env['SHELFWISE_DATA'];
  if (!data) return console.error('text-encoders: skipped, because SHELFWISE_DATA names no folder of public data');
  const { texts, categories, sentiments } = readReviews(data);
  const split = splitOf(texts.length, seed);
  const taught = Array.from(split.train, (n) => texts[n]!);
  const segmenter = await openSegmenter();
  const table = await bilingualTable();
  const makers: Readonly<Record<string, () => TextEncoder>> = {
    'bilingual table': () => staticTable(table),
    word2vec: () => fitWord2vec(taught, { segmenter, seed, dimensions: 64 }),
    'bag-of-words': () => fitBagOfWords(taught, { terms: { of: 'words', segmenter } }),
    'tf-idf of words': () => fitTfIdf(taught, { terms: { of: 'words', segmenter, upTo: 2 } }),
    'tf-idf of characters': () => fitTfIdf(taught, { terms: { of: 'characters' } }),
  };
  const figures: Record<string, number> = { reviews: texts.length, 'taught by': taught.length };
  for (const [name, make] of Object.entries(makers)) {
    if (flags.only !== undefined && flags.only !== name) continue;
    const encoder = make();
    const started = performance.now();
    const vectors = await encoder.encode(texts);
    figures[`${name}: texts a second`] = Math.round(texts.length / ((performance.now() - started) / 1000));
    for (const [list, pairs] of Object.entries({ English: english, Chinese: chinese, across })) {
      const [a, b] = [
        await encoder.encode(pairs.map(([text]) => text)),
        await encoder.encode(pairs.map(([, text]) => text)),
      ];
      figures[`${name}: ${list} pairs`] = spearman(
        pairs.map((_, n) => similarity(a, n, b, n)),
        pairs.map(([, , likeness]) => likeness),
      );
    }
    for (const [what, labels] of [
      ['category', categories],
      ['sentiment', sentiments],
    ] as const) {
      const { accuracy, macroF1 } = linearProbe(vectors, labels, split, seed);
      figures[`${name}: ${what} accuracy`] = accuracy;
      figures[`${name}: ${what} macro-F1`] = macroF1;
    }
    console.error(name, figures);
  }
  print({ name: 'text-encoders', figures, peers: {}, ratios: {} }, flags);
}
