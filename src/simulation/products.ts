/**
 * The demo store's products: titles and texts in English and Chinese, departments, brands, colours, how good they are,
 * and the day on which they came onto the shelf: most are there from the beginning, and every Monday brings some more.
 */
import type { Random } from '../core/random.ts';
import { day } from './calendar.ts';
import {
  brands,
  colours,
  departments,
  levelPrice,
  levelWords,
  type ProductKind,
  type Style,
  type Words,
} from './words.ts';

export interface DemoProduct {
  readonly productId: string;
  readonly title: string;
  readonly description: string;
  /** Index into `departments`. */
  readonly department: number;
  /** Index into `kinds`. */
  readonly kind: number;
  readonly brand: string;
  /** 0 plain, 1 middle, 2 fine. */
  readonly level: 0 | 1 | 2;
  readonly style: Words;
  readonly size: string;
  /** Price without any discount, on the first day. */
  readonly priceMinor: number;
  /** One variant without a colour, or one for each colour. */
  readonly variants: readonly { readonly variantId: string; readonly colour: string }[];
  /** Draws among products of its kind are proportional to it. */
  readonly appeal: number;
  /** What its buyers think of it, in [0, 1]. */
  readonly quality: number;
  readonly launchTime: number;
}

export const kinds: readonly (ProductKind & { readonly department: number })[] = departments.flatMap((department, d) =>
  department.kinds.map((kind) => ({ ...kind, department: d })),
);

/** Of the products, how many come later than the first day. */
const launchedLater = 0.25;

/** @param span - first and last time of the store's life, milliseconds since 1970 */
export function makeProducts(count: number, span: readonly [number, number], random: Random): DemoProduct[] {
  const designs = kinds.map((kind) => random.shuffle(designsOf(kind)));
  const mondays = mondaysIn(span);
  let later = 0;
  return Array.from({ length: count }, (_, p) => {
    const kind = p % kinds.length;
    const round = Math.floor(p / kinds.length);
    const { name, chinese, price, sizes, lastsDays } = kinds[kind]!;
    const design = designs[kind]![round % designs[kind]!.length]!;
    const { brand, style, size } = design;
    const series = round < designs[kind]!.length ? '' : ` No. ${Math.floor(round / designs[kind]!.length) + 1}`;
    const productId = `P${String(p + 1).padStart(4, '0')}`;
    const fullPrice =
      price * levelPrice[brand.level]! * (0.75 + 0.35 * sizes.indexOf(size)) * (0.9 + 0.2 * random.uniform());
    const several = lastsDays === undefined && random.uniform() < 0.3;
    const comesLater = random.uniform() < launchedLater;
    return {
      productId,
      title: `${brand.name} ${style.name[0]} ${name}${series} ${size} ${style.name[1]}${chinese}`,
      description: describe(kinds[kind]!, design, several),
      department: kinds[kind]!.department,
      kind,
      brand: brand.name,
      level: brand.level,
      style: style.name,
      size,
      priceMinor: Math.max(1, Math.round(fullPrice)) * 100 - 10,
      variants: several
        ? colours.map(({ name: [colour] }) => ({ variantId: `${productId}-${colour}`, colour }))
        : [{ variantId: productId, colour: '' }],
      appeal: 1 / (1 + random.below(8)),
      quality: Math.min(1, Math.max(0, 0.5 + 0.15 * brand.level + 0.25 * random.normal())),
      // Every Monday has its share.
      launchTime: comesLater ? mondays[later++ % mondays.length]! : span[0],
    };
  });
}

interface Design {
  readonly brand: (typeof brands)[number];
  readonly style: Style;
  readonly size: string;
}

function designsOf(kind: ProductKind): Design[] {
  return brands.flatMap((brand) => kind.styles.flatMap((style) => kind.sizes.map((size) => ({ brand, style, size }))));
}

/** Four sentences in either language: what it is, what it is made of, what for, and whose. */
function describe(kind: ProductKind, { brand, style, size }: Design, inColours: boolean): string {
  const name = kind.name.toLowerCase();
  const [plain, chinesePlain] = levelWords[brand.level];
  const english = [
    `${style.name[0]} ${name}, ${size}, by ${brand.name}: ${plain}.`,
    `${style.fact[0].replaceAll('{}', name)}.`,
    `Made for ${kind.use[0]}.`,
    ...(inColours ? [`Colours of the ${name}: ${colours.map((c) => c.name[0]).join(', ')}.`] : []),
    brand.story[0],
  ];
  const chinese = [
    `${brand.name}${style.name[1]}${kind.chinese}，规格${size}，${chinesePlain}。`,
    `${style.fact[1].replaceAll('{}', kind.chinese)}。`,
    `适合${kind.use[1]}。`,
    ...(inColours ? [`这款${kind.chinese}有${colours.map((c) => c.name[1]).join('、')}可选。`] : []),
    brand.story[1],
  ];
  return `${english.join(' ')} ${chinese.join('')}`;
}

function mondaysIn([begin, end]: readonly [number, number]): number[] {
  const found: number[] = [];
  for (let time = begin + day; time < end; time += day) if (new Date(time).getUTCDay() === 1) found.push(time);
  return found.length > 0 ? found : [begin];
}
