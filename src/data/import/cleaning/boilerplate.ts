/**
 * Sentences that a shop pastes under product after product (shipping terms, slogans) say nothing of the product: a
 * sentence that stands in enough descriptions is taken out of all of them. A description that is nothing else stays.
 */
export interface BoilerplateRule {
  /** Fewest descriptions that hold the sentence. */
  readonly minProducts: number;
  /** Smallest share of all descriptions that hold it, in (0, 1]. */
  readonly minShare: number;
}

/** @returns the descriptions without their boilerplate; the same strings where nothing was taken out */
export function removeBoilerplate(descriptions: readonly string[], rule: BoilerplateRule): string[] {
  const counts = new Map<string, number>();
  for (const description of descriptions)
    for (const sentence of new Set(sentencesOf(description).map(key)))
      counts.set(sentence, (counts.get(sentence) ?? 0) + 1);
  const least = Math.max(rule.minProducts, rule.minShare * descriptions.length);
  return descriptions.map((description) => {
    const sentences = sentencesOf(description);
    const kept = sentences.filter((sentence) => counts.get(key(sentence))! < least);
    return kept.length === sentences.length || kept.length === 0 ? description : joined(kept);
  });
}

function sentencesOf(text: string): string[] {
  // A full stop ends a sentence before a blank, a Chinese one anywhere.
  return text
    .split(/(?<=[.!?])\s+|(?<=[。！？])|\n+/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');
}

/** Chinese sentences follow one another without a blank. */
function joined(sentences: readonly string[]): string {
  return sentences.reduce((text, sentence) => (/[。！？]$/.test(text) ? text + sentence : `${text} ${sentence}`));
}

function key(sentence: string): string {
  return sentence.toLowerCase().replaceAll(/\s+/g, ' ');
}
