/**
 * The token of a slate's next page: the products that were shown before, so that none comes twice. It is good in every
 * process and after a restart, since it holds all that it stands for.
 */
import { ShelfwiseError } from '../core/errors.ts';
import { limits } from '../data/limits.ts';

/** Products that pages may show in all. */
export const mostPaged = 1_000;
const mostLength = 6 * mostPaged * (limits.id + 3);

export function pageToken(shown: readonly string[]): string {
  return Buffer.from(JSON.stringify(shown)).toString('base64url');
}

/** @throws ShelfwiseError `SW_USAGE` where it is no token of ours */
export function shownBefore(token: string): string[] {
  try {
    const shown: unknown = token.length <= mostLength && JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (Array.isArray(shown) && shown.length <= mostPaged && shown.every((id) => typeof id === 'string')) return shown;
  } catch {
    // Said below.
  }
  const message = 'after: expected the `next` of an answer, got another text.';
  throw new ShelfwiseError('SW_USAGE', message, 'Leave it out for the first page.');
}
