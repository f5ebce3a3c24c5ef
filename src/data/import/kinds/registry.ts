/** The kinds of files, and which of them a file is. */
import { ShelfwiseError } from '../../../core/errors.ts';
import { allFields, fieldNames, type Role, roles } from './fields.ts';
import { ga4 } from './ga4.ts';
import { generic } from './generic.ts';
import { googleMerchant } from './google-merchant.ts';
import type { ImportKind, SourceShape } from './kind.ts';
import { type Layout, type LayoutKind, layoutKind, missingOf } from './layout.ts';
import { chineseShops } from './layouts/chinese-shops.ts';
import { magento } from './layouts/magento.ts';
import { otherShops } from './layouts/other-shops.ts';
import { publicRatings } from './layouts/public-ratings.ts';
import { publicShops } from './layouts/public-shops.ts';
import { recommenders } from './layouts/recommenders.ts';
import { shopify } from './layouts/shopify.ts';
import { woocommerce } from './layouts/woocommerce.ts';
import { matomo } from './matomo.ts';
import { metarank } from './metarank.ts';
import { plainName } from './names.ts';
import { onlineRetail } from './online-retail.ts';
import { recbole } from './recbole.ts';
import { segment } from './segment.ts';

export const layouts: readonly Layout[] = [
  ...shopify,
  ...woocommerce,
  ...magento,
  ...otherShops,
  ...chineseShops,
  ...recommenders,
  ...publicRatings,
  ...publicShops,
];

export const layoutKinds: readonly LayoutKind[] = layouts.map(layoutKind);

/** Those with rules that a layout does not say; the most particular header first. */
const coded: readonly ImportKind[] = [onlineRetail, ga4, segment, matomo, metarank, recbole, googleMerchant];

export const importKinds: readonly ImportKind[] = [...coded, ...layoutKinds, generic];

/** A kind by name, or what the rows are for the generic kind. */
export interface Asked {
  readonly kind?: ImportKind;
  readonly role?: Role;
}

/** @throws ShelfwiseError `SW_USAGE` for a name that is neither */
export function askedFor(name: string | undefined): Asked {
  if (name === undefined) return {};
  if ((roles as readonly string[]).includes(name)) return { kind: generic, role: name as Role };
  const kind =
    importKinds.find((one) => one.name === name) ??
    layouts.flatMap(({ alone }) => (alone ? [layoutKind(alone)] : [])).find((one) => one.name === name);
  if (kind) return { kind };
  throw new ShelfwiseError(
    'SW_USAGE',
    `\`kind\`: expected a kind of export, or what the rows are, got "${name}".`,
    `The rows are ${roles.join(', ')}; the kinds are ${importKinds.map((one) => one.name).join(', ')}.`,
  );
}

/**
 * The kind that recognises a file; the generic one, which refuses what is not sure, where none does.
 *
 * @param mapped - the caller names columns: kinds that are no layouts do not know them
 * @throws ShelfwiseError `SW_INPUT_FORMAT` where two layouts fit
 */
export function kindOf(source: SourceShape, mapped: boolean): ImportKind {
  const found = mapped ? undefined : coded.find((kind) => kind.recognises(source));
  if (found) return found;
  const fitting = layoutKinds.filter((kind) => kind.recognises(source));
  // Of a layout and one that asks for more, the latter.
  const best = fitting.filter(
    ({ layout }) => !fitting.some((other) => other.layout !== layout && asksMore(other.layout, layout)),
  );
  if (best.length > 1)
    throw new ShelfwiseError(
      'SW_INPUT_FORMAT',
      `${source.name}: expected one layout, got two that both fit: ${best.map(({ name }) => name).join(' and ')}.`,
      `Say which: shelfwise import ${source.path ?? source.name} --as ${best[0]!.name}`,
    );
  return best[0] ?? generic;
}

function asksMore(a: Layout, b: Layout): boolean {
  return b.signature.every((name) => a.signature.includes(name)) && a.signature.length > b.signature.length;
}

const usual: ReadonlySet<string> = new Set(allFields.flatMap((field) => [field, ...fieldNames[field]]).map(plainName));

/**
 * The layout whose columns a file has nearly all of, and what it lacks: a plugin may have renamed them. Only names that no
 * other export has count for it.
 */
export function nearlyFits(
  source: SourceShape,
): { readonly layout: Layout; readonly missing: readonly string[] } | undefined {
  let best: { layout: Layout; missing: readonly string[] } | undefined;
  for (const layout of layouts) {
    const missing = missingOf(layout, source);
    const own = layout.signature.filter((name) => !usual.has(plainName(name)) && !missing.includes(name));
    if (layout.headerless?.always || missing.length === 0 || missing.length > 2 || own.length < 2) continue;
    if (!best || missing.length < best.missing.length) best = { layout, missing };
  }
  return best;
}
