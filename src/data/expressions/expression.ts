/**
 * Conditions on products, as a merchant writes them: `category = "Mugs" and price < 20 and not (brand in ("Acme", "Zeta"))`.
 * Fields are typed, so that what cannot hold is refused when it is read. What a product lacks fulfils no comparison, and
 * `!=` is the opposite of `=`. Texts are compared without regard to case and width.
 */
import { attributeField, type Field, type FieldType, fields, type ProductFacts } from './product-facts.ts';
import { expressionError, type Token, tokensOf } from './tokens.ts';

export interface Expression {
  readonly text: string;
  matches(facts: ProductFacts): boolean;
}

type Test = (facts: ProductFacts) => boolean;
type Value = string | number | boolean;

const deepest = 50;
const mostListed = 1_000;
const order: Readonly<Record<string, (difference: number) => boolean>> = {
  '<': (d) => d < 0,
  '<=': (d) => d <= 0,
  '>': (d) => d > 0,
  '>=': (d) => d >= 0,
};
const valueNames: Readonly<Record<FieldType, string>> = {
  text: 'a text between quotes',
  number: 'a number',
  time: 'a date between quotes, as "2026-01-31"',
  'yes-no': 'true or false',
};

/**
 * @param where - how the expression is named in errors
 * @throws ShelfwiseError `SW_FILTER` with the place, what was expected and what came
 * @example parseExpression('price < 20').matches({ ...mug, priceMinor: 1500, currency: 'EUR' }) // true
 */
export function parseExpression(text: string, where = 'filter'): Expression {
  return { text, matches: new Parser(text, where).whole() };
}

/** Without regard to case, width and composition. */
const folded = (text: string): string => text.normalize('NFKC').toLowerCase();

class Parser {
  readonly #where: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(text: string, where: string) {
    this.#where = where;
    this.#tokens = tokensOf(text, where);
  }

  whole(): Test {
    const test = this.#or();
    if (this.#token.kind !== 'end') throw this.#unexpected('and, or, or the end');
    return test;
  }

  #or(): Test {
    const tests = [this.#and()];
    while (this.#takeWord('or')) tests.push(this.#and());
    return tests.length === 1 ? tests[0]! : (facts) => tests.some((test) => test(facts));
  }

  #and(): Test {
    const tests = [this.#not()];
    while (this.#takeWord('and')) tests.push(this.#not());
    return tests.length === 1 ? tests[0]! : (facts) => tests.every((test) => test(facts));
  }

  #not(): Test {
    if (++this.#depth > deepest) throw this.#unexpected(`at most ${deepest} conditions in each other`);
    try {
      if (this.#takeWord('not')) {
        const test = this.#not();
        return (facts) => !test(facts);
      }
      if (!this.#takeSign('(')) return this.#condition();
      const test = this.#or();
      this.#needSign(')');
      return test;
    } finally {
      this.#depth--;
    }
  }

  #condition(): Test {
    if (this.#takeWord('has')) {
      const { valuesOf } = this.#field();
      return (facts) => valuesOf(facts).length > 0;
    }
    const field = this.#field();
    if (this.#takeWord('in')) return this.#among(field, this.#list(field.type));
    if (this.#takeWord('contains')) {
      if (field.type !== 'text') throw this.#unexpected('contains after a field of text', this.#next - 1);
      const part = folded(this.#value('text') as string);
      return (facts) => field.valuesOf(facts).some((value) => folded(value as string).includes(part));
    }
    const { kind, value: sign } = this.#token;
    if (kind === 'sign' && (sign === '=' || sign === '!=')) {
      this.#next++;
      const test = this.#among(field, [this.#value(field.type)]);
      return sign === '=' ? test : (facts) => !test(facts);
    }
    if (kind === 'sign' && Object.hasOwn(order, sign)) {
      if (field.type !== 'number' && field.type !== 'time') throw this.#unexpected('=, !=, in or contains');
      this.#next++;
      const [holds, bound] = [order[sign]!, this.#value(field.type) as number];
      return (facts) => field.valuesOf(facts).some((value) => holds((value as number) - bound));
    }
    // A yes or no says all by itself.
    if (field.type === 'yes-no') return (facts) => field.valuesOf(facts).includes(true);
    throw this.#unexpected('=, !=, <, <=, >, >=, in or contains');
  }

  #among({ type, valuesOf }: Field, values: readonly Value[]): Test {
    if (type !== 'text') return (facts) => valuesOf(facts).some((value) => values.includes(value));
    const wanted = new Set(values.map((value) => folded(value as string)));
    return (facts) => valuesOf(facts).some((value) => wanted.has(folded(value as string)));
  }

  #list(type: FieldType): Value[] {
    this.#needSign('(');
    const values = [this.#value(type)];
    while (this.#takeSign(',')) {
      if (values.length === mostListed) throw this.#unexpected(`at most ${mostListed} values`);
      values.push(this.#value(type));
    }
    this.#needSign(')');
    return values;
  }

  #field(): Field {
    const { kind, value } = this.#token;
    if (kind !== 'word') throw this.#unexpected('a field');
    if (value === 'attributes') {
      this.#next++;
      return attributeField(this.#attribute());
    }
    const field = Object.hasOwn(fields, value) ? fields[value] : undefined;
    if (!field) throw this.#unexpected(`one of ${Object.keys(fields).join(', ')}, attributes.NAME`);
    this.#next++;
    return field;
  }

  /** `.colour`, or `["Colour of the frame"]`. */
  #attribute(): string {
    const bracket = this.#takeSign('[');
    if (!bracket) this.#needSign('.');
    const { kind, value } = this.#token;
    if (kind !== 'text' && (bracket || kind !== 'word')) throw this.#unexpected('the name of an attribute');
    this.#next++;
    if (bracket) this.#needSign(']');
    return value;
  }

  #value(type: FieldType): Value {
    const token = this.#token;
    const value = valueIn(token, type);
    if (value === undefined) throw this.#unexpected(valueNames[type]);
    this.#next++;
    return value;
  }

  get #token(): Token {
    return this.#tokens[this.#next]!;
  }

  #takeWord(word: string): boolean {
    const { kind, value } = this.#token;
    if (kind !== 'word' || value.toLowerCase() !== word) return false;
    this.#next++;
    return true;
  }

  #takeSign(sign: string): boolean {
    const { kind, value } = this.#token;
    if (kind !== 'sign' || value !== sign) return false;
    this.#next++;
    return true;
  }

  #needSign(sign: string): void {
    if (!this.#takeSign(sign)) throw this.#unexpected(sign);
  }

  #unexpected(expected: string, place = this.#next): Error {
    const { kind, value, at } = this.#tokens[place]!;
    return expressionError(this.#where, at, expected, kind === 'end' ? 'the end' : JSON.stringify(value));
  }
}

function valueIn(token: Token, type: FieldType): Value | undefined {
  if (type === 'number') return token.kind === 'number' ? token.value : undefined;
  if (type === 'yes-no') {
    if (token.kind !== 'word') return undefined;
    const word = token.value.toLowerCase();
    return word === 'true' ? true : word === 'false' ? false : undefined;
  }
  if (token.kind !== 'text') return undefined;
  if (type === 'text') return token.value;
  const time = /^\d{4}-\d\d-\d\d/.test(token.value) ? Date.parse(token.value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
