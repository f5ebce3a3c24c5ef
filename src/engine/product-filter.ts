/** A condition on products that is asked once of each item, when somebody first wants to know, and again when it changes. */
import type { Expression } from '../data/expressions/expression.ts';
import type { ProductFacts } from '../data/expressions/product-facts.ts';

const [unknown, yes, no] = [0, 1, 2];

export class ProductFilter {
  readonly #expression: Expression;
  readonly #factsOf: (item: number) => ProductFacts;
  readonly #answers: Uint8Array;

  constructor(expression: Expression, itemCount: number, factsOf: (item: number) => ProductFacts) {
    this.#expression = expression;
    this.#factsOf = factsOf;
    this.#answers = new Uint8Array(itemCount);
  }

  readonly admits = (item: number): boolean => {
    if (this.#answers[item] === unknown) this.#answers[item] = this.#expression.matches(this.#factsOf(item)) ? yes : no;
    return this.#answers[item] === yes;
  };

  /** The item is another than it was. */
  forget(item: number): void {
    this.#answers[item] = unknown;
  }
}
