/** Splits an expression into tokens with their places, which every error names. */
import { ShelfwiseError } from '../../core/errors.ts';

export type Token = { readonly at: number; readonly length: number } & (
  | { readonly kind: 'word'; readonly value: string }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'sign'; readonly value: string }
  | { readonly kind: 'end'; readonly value: '' }
);

const most = 4_000;
const blank = /\s+/y;
const number = /-?\d+(?:\.\d+)?(?![\p{L}\p{N}_.])/uy;
const word = /[\p{L}_][\p{L}\p{N}_-]*/uy;
const sign = /<=|>=|!=|==|[=<>(),.[\]]/y;

/** @param where - how the expression is named in errors, as `filter` */
export function tokensOf(text: string, where: string): Token[] {
  if (text.length > most) throw expressionError(where, most, `at most ${most} characters`, `${text.length}`);
  const tokens: Token[] = [];
  let at = 0;
  const next = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  while (at < text.length) {
    let found = next(blank);
    if (found === undefined) {
      const quote = text[at];
      if (quote === '"' || quote === "'") {
        const { value, length } = quoted(text, at, where);
        tokens.push({ kind: 'text', value, at, length });
        at += length;
        continue;
      }
      found = next(number);
      if (found !== undefined) tokens.push({ kind: 'number', value: Number(found), at, length: found.length });
      else {
        found = next(word);
        if (found !== undefined) tokens.push({ kind: 'word', value: found, at, length: found.length });
        else {
          found = next(sign);
          if (found === undefined)
            throw expressionError(where, at, 'a field, a value or an operator', JSON.stringify(text[at]));
          tokens.push({ kind: 'sign', value: found === '==' ? '=' : found, at, length: found.length });
        }
      }
    }
    at += found.length;
  }
  tokens.push({ kind: 'end', value: '', at: text.length, length: 0 });
  return tokens;
}

/** A text between quotes; `\` takes the next character as it is. */
function quoted(text: string, at: number, where: string): { readonly value: string; readonly length: number } {
  let value = '';
  for (let end = at + 1; end < text.length; end++) {
    if (text[end] === text[at]) return { value, length: end + 1 - at };
    if (text[end] === '\\') end++;
    value += text[end] ?? '';
  }
  throw expressionError(where, at, `a closing ${text[at]}`, 'the end');
}

/** @param at - place in the expression, from 0; errors count from 1 */
export function expressionError(where: string, at: number, expected: string, got: string): ShelfwiseError {
  const message = `${where}:${at + 1}: expected ${expected}, got ${got}.`;
  return new ShelfwiseError('SW_FILTER', message, 'docs/reference/filters.md lists fields and operators.', {
    where,
    position: at + 1,
    expected,
  });
}
