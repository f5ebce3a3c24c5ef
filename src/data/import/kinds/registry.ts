/** The kinds in the order in which a file is tried: the most particular header first. */
import { ShelfwiseError } from '../../../core/errors.ts';
import { ga4 } from './ga4.ts';
import { generic } from './generic.ts';
import { googleMerchant } from './google-merchant.ts';
import { headerError, type ImportKind, type SourceShape } from './kind.ts';
import { onlineRetail } from './online-retail.ts';
import { recbole } from './recbole.ts';
import { segment } from './segment.ts';

export const importKinds: readonly ImportKind[] = [onlineRetail, ga4, segment, recbole, googleMerchant, generic];

/**
 * The kind of a file: the one asked for, generic where fields were mapped, else the first that recognises it.
 *
 * @throws ShelfwiseError `SW_USAGE` for a kind that is none, `SW_INPUT_FORMAT` where none fits
 */
export function kindOf(source: SourceShape, asked: string | undefined, mapped: boolean): ImportKind {
  if (asked !== undefined) return kindNamed(asked);
  if (mapped) return generic;
  const found = importKinds.find((kind) => kind.recognises(source));
  if (found) return found;
  throw headerError(source, 'generic', ['productId', 'userId']);
}

/** @throws ShelfwiseError `SW_USAGE` for a kind that is none */
export function kindNamed(name: string): ImportKind {
  const found = importKinds.find((kind) => kind.name === name);
  if (found) return found;
  throw new ShelfwiseError(
    'SW_USAGE',
    `\`kind\`: expected a kind of export, got "${name}".`,
    `The kinds are ${importKinds.map((kind) => kind.name).join(', ')}.`,
  );
}
