/**
 * Distils the bilingual table of src/encoders/text from a sentence transformer: each word goes through the teacher alone,
 * each language's mean is taken off (what tells the languages apart says nothing of products), the strongest axes stay, and
 * a word weighs by how rare it is. The settings are chosen on one half of the pairs of bench/peers/similarity-pairs.ts and, among
 * the three that agree best with it, by what a linear model reads of reviews that teach (those that measure are not looked at).
 *
 * node tools/distill/distill.ts words TOKENIZER.json > words.txt
 * python tools/distill/embed.py teacher.f32 < words.txt
 * node tools/distill/distill.ts table TOKENIZER.json teacher.f32
 *
 * @source Tulkens & van Dongen, Model2Vec: Fast State-of-the-Art Static Embeddings, 2024; Arora, Liang & Ma, A Simple but
 * Tough-to-Beat Baseline for Sentence Embeddings, ICLR 2017 (the weights)
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { linearProbe } from '../../bench/peers/linear-probe.ts';
import { readReviews, splitOf } from '../../bench/peers/reviews.ts';
import { across, chinese, english, type Pair } from '../../bench/peers/similarity-pairs.ts';
import { spearman } from '../../bench/peers/spearman.ts';
import { staticTable, type WordTable } from '../../src/encoders/text/static-table.ts';
import { saveWordTable } from '../../src/encoders/text/table-file.ts';
import { similarity } from '../../src/encoders/text/text-encoder.ts';
import { symmetricEigen } from '../../src/math/symmetric-eigen.ts';
import { readVocabulary, type Vocabulary } from './vocabulary.ts';

const teacherDimensions = 384;
const [what, tokenizerPath, teacherPath] = process.argv.slice(2);
const vocabulary = readVocabulary(tokenizerPath!);
const words = [...vocabulary.characters, ...vocabulary.chinese, ...vocabulary.english];
if (what === 'words') process.stdout.write(`${words.join('\n')}\n`);
else await distil();

interface Settings {
  readonly dimensions: number;
  /** Words of a share above it weigh less. */
  readonly rarity: number;
  readonly byLanguage: boolean;
}

async function distil(): Promise<void> {
  const bytes = readFileSync(teacherPath!);
  const teacher = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  if (teacher.length !== words.length * teacherDimensions)
    throw new Error(
      `${teacherPath}: expected ${words.length} rows of ${teacherDimensions} floats, got ${teacher.length / teacherDimensions}.`,
    );
  const tried: { settings: Settings; table: WordTable; score: number }[] = [];
  for (const byLanguage of [false, true])
    for (const dimensions of [128, 256, 384]) {
      const rows = reduced(teacher, vocabulary, byLanguage, dimensions);
      for (const rarity of [1e-4, 1e-3, 1e-2]) {
        const settings = { dimensions, rarity, byLanguage };
        const table = tableOf(rows, settings);
        const score =
          (await agreement(table, english, 0)) +
          (await agreement(table, chinese, 0)) +
          (await agreement(table, across, 0));
        console.error(settings, (score / 3).toFixed(4));
        tried.push({ settings, table, score: score / 3 });
      }
    }
  tried.sort((a, b) => b.score - a.score);
  tried.length = 3;
  let best = { settings: tried[0]!.settings, table: tried[0]!.table, sum: Number.NEGATIVE_INFINITY };
  for (const { settings, table, score } of tried) {
    const read = await readFrom(table);
    console.error(settings, `pairs ${score.toFixed(4)}, categories ${read.toFixed(4)}`);
    if (score + read > best.sum) best = { settings, table, sum: score + read };
  }
  const { settings, table } = best;
  console.error('chosen', settings);
  for (const [name, pairs] of Object.entries({ english, chinese, across }))
    console.error(`${name}: ${(await agreement(table, pairs, 1)).toFixed(3)} on the half that chose nothing`);
  await saveWordTable(fileURLToPath(new URL('../../src/encoders/text/bilingual-table/', import.meta.url)), table);
}

/** What a linear model reads of the categories of reviews: taught by four fifths of those that teach, measured on the rest. */
async function readFrom(table: WordTable): Promise<number> {
  const { texts, categories } = readReviews(process.env['SHELFWISE_DATA'] ?? '');
  const { train } = splitOf(texts.length, 1);
  const cut = Math.floor(0.8 * train.length);
  const vectors = await staticTable(table).encode(texts);
  return linearProbe(vectors, categories, { train: train.subarray(0, cut), test: train.subarray(cut) }, 1).accuracy;
}

/** Rows on the strongest axes. */
function reduced(teacher: Float32Array, of: Vocabulary, byLanguage: boolean, dimensions: number): Float32Array {
  const rows = teacher.slice();
  const border = of.characters.length + of.chinese.length;
  const spans = byLanguage
    ? [
        [0, border],
        [border, words.length],
      ]
    : [[0, words.length]];
  for (const [from, to] of spans as [number, number][])
    for (let d = 0; d < teacherDimensions; d++) {
      let sum = 0;
      for (let r = from; r < to; r++) sum += rows[r * teacherDimensions + d]!;
      for (let r = from; r < to; r++) rows[r * teacherDimensions + d]! -= sum / (to - from);
    }
  const axes = strongestAxes(rows);
  const out = new Float32Array(words.length * dimensions);
  for (let r = 0; r < words.length; r++)
    for (let i = 0; i < teacherDimensions; i++) {
      const value = rows[r * teacherDimensions + i]!;
      for (let k = 0; k < dimensions; k++) out[r * dimensions + k]! += value * axes[k * teacherDimensions + i]!;
    }
  return out;
}

/** The axes along which rows of mean zero differ most, the strongest first; a row each. */
function strongestAxes(rows: Float32Array): Float64Array {
  const size = teacherDimensions;
  const covariance = new Float64Array(size * size);
  for (let from = 0; from < rows.length; from += size)
    for (let i = 0; i < size; i++)
      for (let j = i; j < size; j++) covariance[i * size + j]! += (rows[from + i]! * rows[from + j]!) / words.length;
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) covariance[i * size + j] = covariance[j * size + i]!;
  return symmetricEigen(covariance, size).vectors;
}

/** Bytes and scales; words of one language are as frequent as their place says (Zipf). */
function tableOf(rows: Float32Array, { dimensions, rarity }: Settings): WordTable {
  const vectors = new Int8Array(rows.length);
  const scales = new Float32Array(words.length);
  const { characters, chinese: cut, english: other } = vocabulary;
  const shareOf = (rank: number, size: number): number => 1 / ((rank + 1) * Math.log(size));
  for (let r = 0; r < words.length; r++) {
    const own = rows.subarray(r * dimensions, (r + 1) * dimensions);
    const most = own.reduce((a, b) => Math.max(a, Math.abs(b)), 0) || 1;
    for (let d = 0; d < dimensions; d++) vectors[r * dimensions + d] = Math.round((127 * own[d]!) / most);
    const share =
      r < characters.length
        ? shareOf(r, characters.length)
        : r < characters.length + cut.length
          ? shareOf(r - characters.length, cut.length)
          : shareOf(r - characters.length - cut.length, other.length);
    scales[r] = ((most / 127) * rarity) / (rarity + share);
  }
  const name = `bilingual table, ${words.length} words by ${dimensions}, of multilingual-e5-small`;
  return { name, dimensions, words, vectors, scales };
}

/** Spearman's correlation of cosine and judged likeness over every other pair. */
async function agreement(table: WordTable, pairs: readonly Pair[], half: 0 | 1): Promise<number> {
  const own = pairs.filter((_, n) => n % 2 === half);
  const encoder = staticTable(table);
  const [a, b] = [await encoder.encode(own.map(([text]) => text)), await encoder.encode(own.map(([, text]) => text))];
  return spearman(
    own.map((_, n) => similarity(a, n, b, n)),
    own.map(([, , likeness]) => likeness),
  );
}
