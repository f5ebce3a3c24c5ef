/** The port of a language model: a question in words, an answer in the form that a JSON schema says. */

export interface LanguageQuestion {
  /** What the model is to do. */
  readonly system: string;
  readonly prompt: string;
  /** JSON Schema of the answer, an object. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly maxOutputTokens: number;
}

export interface Tokens {
  readonly input: number;
  readonly output: number;
}

export interface LanguageAnswer {
  /** JSON as it came, parsed and not checked. */
  readonly value: unknown;
  readonly tokens: Tokens;
}

export interface LanguageModel {
  readonly name: string;
  /** @throws ShelfwiseError `SW_RERANK`, with `details.kind` `wrong_answer` where what came is no JSON object */
  generate(question: LanguageQuestion, options: { readonly signal: AbortSignal }): Promise<LanguageAnswer>;
}

/** Tokens of a text as most models count them: four letters, or one Chinese character. */
export function expectedTokensOf(text: string): number {
  let tokens = 0;
  for (const letter of text) tokens += letter.codePointAt(0)! > 0x2e80 ? 1 : 0.25;
  return Math.ceil(tokens);
}
