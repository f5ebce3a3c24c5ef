/** Visits with the words that were searched before them, as a request of that moment would have known them. */
import type { Searches } from '../data/searches.ts';
import type { ContentSpace } from '../encoders/content/content-space.ts';
import type { Case } from '../evaluation/cases.ts';

/** Words that are read at once. */
const readAtOnce = 256;

/**
 * @param cases - of rows of the histories, each with its moment
 * @param people - person of each row
 */
export async function searchedCases(
  cases: readonly Case[],
  people: Float64Array,
  searches: Searches | undefined,
  space: ContentSpace | undefined,
  signal?: AbortSignal,
): Promise<readonly Case[]> {
  if (!searches) return cases;
  const textOf = ({ query: { row, now } }: Case): string | undefined =>
    row === undefined || now === undefined ? undefined : searches.lastOf(people[row]!, now);
  const texts = cases.map(textOf);
  const said = [...new Set(texts.filter((text) => text !== undefined))];
  const vectors = new Map<string, Float32Array>();
  for (let from = 0; space && from < said.length; from += readAtOnce) {
    const some = said.slice(from, from + readAtOnce);
    const read = await space.vectorsOfQuestions(some, signal);
    const d = space.dimensions;
    for (const [n, text] of some.entries()) {
      const vector = read.subarray(n * d, (n + 1) * d);
      if (vector.some((value) => value !== 0)) vectors.set(text, vector);
    }
  }
  return cases.map((one, n) => {
    const text = texts[n];
    if (text === undefined) return one;
    const textVector = vectors.get(text);
    return { ...one, query: { ...one.query, text, ...(textVector && { textVector }) } };
  });
}
