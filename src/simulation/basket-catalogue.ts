/** The basket store's products: bilingual titles, departments, brands, prices, colours, stock and a launch date. */
import type { Random } from '../core/random.ts';
import { brands, departments, levelPrice, type ProductKind } from './basket-lexicon.ts';

export interface BasketProduct {
  readonly productId: string;
  readonly title: string;
  readonly description: string;
  /** Index into `departments`. */
  readonly department: number;
  /** Index over the kinds of all departments. */
  readonly kind: number;
  readonly brand: string;
  /** 0 plain, 1 middle, 2 fine. */
  readonly level: 0 | 1 | 2;
  readonly priceMinor: number;
  /** Price from `changeTime` on. */
  readonly laterPriceMinor: number;
  readonly changeTime: number;
  /** One variant without a colour, or one for each colour. */
  readonly variants: readonly { readonly variantId: string; readonly colour: string }[];
  readonly unitsOnHand: number;
  /** Draws among products of its kind are proportional to it. */
  readonly appeal: number;
  readonly launchTime: number;
}

export const kinds: readonly (ProductKind & { readonly department: number })[] = departments.flatMap((department, d) =>
  department.kinds.map((kind) => ({ ...kind, department: d })),
);

const colours = ['sand', 'indigo', 'moss'] as const;

/** @param span - first and last time of the store's life, milliseconds since 1970 */
export function makeProducts(count: number, span: readonly [number, number], random: Random): BasketProduct[] {
  const [begin, end] = span;
  const designs = kinds.map((kind) => random.shuffle(designsOf(kind)));
  return Array.from({ length: count }, (_, p) => {
    const kind = p % kinds.length;
    const round = Math.floor(p / kinds.length);
    const { name, chinese, price, sizes, department, lastsDays } = kinds[kind]!;
    const { brand, style, size } = designs[kind]![round % designs[kind]!.length]!;
    const series = round < designs[kind]!.length ? '' : ` No. ${Math.floor(round / designs[kind]!.length) + 1}`;
    const productId = `P${String(p + 1).padStart(4, '0')}`;
    const fullPrice =
      price * levelPrice[brand.level]! * (0.75 + 0.35 * sizes.indexOf(size)) * (0.9 + 0.2 * random.uniform());
    const priceMinor = Math.max(1, Math.round(fullPrice)) * 100 - 10;
    const changes = random.uniform() < 0.15;
    const several = lastsDays === undefined && random.uniform() < 0.3;
    return {
      productId,
      title: `${brand.name} ${style[0]} ${name}${series} ${size} ${style[1]}${chinese}`,
      description:
        `${style[0]} ${name.toLowerCase()} by ${brand.name}, ${size}. ` +
        `${departments[department]!.chinese}：${style[1]}${chinese}，${size}。`,
      department,
      kind,
      brand: brand.name,
      level: brand.level,
      priceMinor,
      laterPriceMinor: changes ? Math.round(priceMinor * (0.8 + 0.3 * random.uniform())) : priceMinor,
      changeTime: begin + (end - begin) * (0.3 + 0.4 * random.uniform()),
      variants: several
        ? colours.map((colour) => ({ variantId: `${productId}-${colour}`, colour }))
        : [{ variantId: productId, colour: '' }],
      unitsOnHand: random.uniform() < 0.06 ? 0 : 5 + random.below(120),
      appeal: 1 / (1 + random.below(8)),
      launchTime: random.uniform() < 0.1 ? begin + (end - begin) * (0.3 + 0.4 * random.uniform()) : begin,
    };
  });
}

export function priceAt(product: BasketProduct, time: number): number {
  return time < product.changeTime ? product.priceMinor : product.laterPriceMinor;
}

function designsOf(
  kind: ProductKind,
): { brand: (typeof brands)[number]; style: readonly [string, string]; size: string }[] {
  return brands.flatMap((brand) => kind.styles.flatMap((style) => kind.sizes.map((size) => ({ brand, style, size }))));
}
