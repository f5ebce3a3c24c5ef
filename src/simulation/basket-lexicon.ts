/**
 * The words of the basket store: its departments, the kinds of product they hold in English and Chinese, its brands, and
 * which kinds go together or follow one another. Chosen by hand; no store's catalogue was copied.
 */
export interface ProductKind {
  readonly name: string;
  readonly chinese: string;
  /** Typical price in whole currency units. */
  readonly price: number;
  readonly sizes: readonly string[];
  /** English and Chinese words for what it is made of or how it is. */
  readonly styles: readonly (readonly [string, string])[];
  /** Days until a household needs it again; absent where it lasts. */
  readonly lastsDays?: number;
}

export interface Department {
  readonly name: string;
  readonly chinese: string;
  /** Demand over a year: 1 + swing · cos(2π (month - peakMonth) / 12). */
  readonly season?: { readonly peakMonth: number; readonly swing: number };
  readonly kinds: readonly ProductKind[];
}

const wares = [
  ['Stoneware', '石器'],
  ['Porcelain', '瓷'],
  ['Glass', '玻璃'],
  ['Enamel', '搪瓷'],
] as const;
const metals = [
  ['Steel', '不锈钢'],
  ['Cast Iron', '铸铁'],
  ['Copper', '铜'],
  ['Aluminium', '铝'],
] as const;
const cloths = [
  ['Cotton', '棉'],
  ['Linen', '亚麻'],
  ['Wool', '羊毛'],
  ['Bamboo', '竹纤维'],
] as const;
const tastes = [
  ['Organic', '有机'],
  ['Dark', '深度'],
  ['Mild', '温和'],
  ['Classic', '经典'],
] as const;
const scents = [
  ['Lavender', '薰衣草'],
  ['Citrus', '柑橘'],
  ['Unscented', '无香'],
  ['Cedar', '雪松'],
] as const;
const sturdy = [
  ['Folding', '折叠'],
  ['Compact', '便携'],
  ['Large', '大号'],
  ['Waterproof', '防水'],
] as const;

export const departments: readonly Department[] = [
  {
    name: 'Coffee & Tea',
    chinese: '咖啡与茶',
    season: { peakMonth: 1, swing: 0.3 },
    kinds: [
      {
        name: 'Coffee Beans',
        chinese: '咖啡豆',
        price: 16,
        sizes: ['250 g', '500 g', '1 kg'],
        styles: tastes,
        lastsDays: 28,
      },
      {
        name: 'Paper Filters',
        chinese: '滤纸',
        price: 6,
        sizes: ['40 pcs', '100 pcs', '200 pcs'],
        styles: tastes,
        lastsDays: 45,
      },
      { name: 'Mug', chinese: '马克杯', price: 14, sizes: ['250 ml', '350 ml', '450 ml'], styles: wares },
      { name: 'Pour-over Kettle', chinese: '手冲壶', price: 58, sizes: ['600 ml', '900 ml', '1.2 l'], styles: metals },
      {
        name: 'Green Tea',
        chinese: '绿茶',
        price: 12,
        sizes: ['50 g', '100 g', '250 g'],
        styles: tastes,
        lastsDays: 35,
      },
    ],
  },
  {
    name: 'Kitchen',
    chinese: '厨房',
    kinds: [
      { name: 'Wok', chinese: '炒锅', price: 62, sizes: ['28 cm', '30 cm', '34 cm'], styles: metals },
      { name: 'Chopping Board', chinese: '砧板', price: 24, sizes: ['S', 'M', 'L'], styles: sturdy },
      { name: 'Steamer Basket', chinese: '蒸笼', price: 28, sizes: ['18 cm', '22 cm', '26 cm'], styles: metals },
      { name: 'Storage Jar', chinese: '储物罐', price: 11, sizes: ['0.5 l', '1 l', '2 l'], styles: wares },
      { name: 'Tea Towel', chinese: '茶巾', price: 9, sizes: ['2 pcs', '4 pcs', '6 pcs'], styles: cloths },
    ],
  },
  {
    name: 'Pantry',
    chinese: '食品',
    kinds: [
      { name: 'Noodles', chinese: '面条', price: 5, sizes: ['400 g', '800 g', '2 kg'], styles: tastes, lastsDays: 21 },
      {
        name: 'Soy Sauce',
        chinese: '酱油',
        price: 7,
        sizes: ['250 ml', '500 ml', '1 l'],
        styles: tastes,
        lastsDays: 60,
      },
      {
        name: 'Chilli Oil',
        chinese: '辣椒油',
        price: 8,
        sizes: ['150 g', '210 g', '400 g'],
        styles: tastes,
        lastsDays: 50,
      },
      {
        name: 'Jasmine Rice',
        chinese: '茉莉香米',
        price: 13,
        sizes: ['2 kg', '5 kg', '10 kg'],
        styles: tastes,
        lastsDays: 40,
      },
      { name: 'Mooncakes', chinese: '月饼', price: 38, sizes: ['4 pcs', '6 pcs', '8 pcs'], styles: tastes },
    ],
  },
  {
    name: 'Bath & Laundry',
    chinese: '洗护',
    kinds: [
      { name: 'Bath Towel', chinese: '浴巾', price: 26, sizes: ['70 x 140', '90 x 150', '100 x 180'], styles: cloths },
      {
        name: 'Shampoo',
        chinese: '洗发水',
        price: 12,
        sizes: ['300 ml', '500 ml', '750 ml'],
        styles: scents,
        lastsDays: 40,
      },
      {
        name: 'Conditioner',
        chinese: '护发素',
        price: 12,
        sizes: ['300 ml', '500 ml', '750 ml'],
        styles: scents,
        lastsDays: 45,
      },
      {
        name: 'Laundry Liquid',
        chinese: '洗衣液',
        price: 15,
        sizes: ['1 l', '2 l', '3 l'],
        styles: scents,
        lastsDays: 42,
      },
      { name: 'Laundry Basket', chinese: '洗衣篮', price: 32, sizes: ['40 l', '60 l', '80 l'], styles: sturdy },
    ],
  },
  {
    name: 'Garden & Balcony',
    chinese: '园艺',
    season: { peakMonth: 5, swing: 0.7 },
    kinds: [
      { name: 'Herb Seeds', chinese: '香草种子', price: 4, sizes: ['1 pack', '3 packs', '6 packs'], styles: tastes },
      { name: 'Plant Pot', chinese: '花盆', price: 18, sizes: ['14 cm', '20 cm', '28 cm'], styles: wares },
      {
        name: 'Potting Soil',
        chinese: '营养土',
        price: 10,
        sizes: ['5 l', '10 l', '20 l'],
        styles: tastes,
        lastsDays: 75,
      },
      { name: 'Watering Can', chinese: '浇水壶', price: 22, sizes: ['1 l', '3 l', '5 l'], styles: metals },
      { name: 'Garden Chair', chinese: '庭院椅', price: 74, sizes: ['1 pc', '2 pcs', '4 pcs'], styles: sturdy },
    ],
  },
  {
    name: 'Travel & Outdoor',
    chinese: '旅行户外',
    season: { peakMonth: 7, swing: 0.5 },
    kinds: [
      { name: 'Backpack', chinese: '双肩包', price: 68, sizes: ['18 l', '26 l', '40 l'], styles: sturdy },
      { name: 'Rain Cover', chinese: '防雨罩', price: 14, sizes: ['S', 'M', 'L'], styles: sturdy },
      { name: 'Thermos Flask', chinese: '保温杯', price: 34, sizes: ['350 ml', '500 ml', '1 l'], styles: metals },
      {
        name: 'Picnic Blanket',
        chinese: '野餐垫',
        price: 29,
        sizes: ['130 x 150', '150 x 200', '200 x 200'],
        styles: cloths,
      },
      { name: 'Head Torch', chinese: '头灯', price: 27, sizes: ['200 lm', '400 lm', '800 lm'], styles: sturdy },
    ],
  },
];

/** Brands and where they stand: 0 plain, 1 middle, 2 fine. A brand's price is its level's share of the kind's price. */
export const brands: readonly { readonly name: string; readonly level: 0 | 1 | 2 }[] = [
  { name: 'Everday', level: 0 },
  { name: 'Plumrow', level: 0 },
  { name: 'Linden', level: 1 },
  { name: 'Harbour & Hill', level: 1 },
  { name: 'Qingshan 青山', level: 2 },
  { name: 'Ostrava Nord', level: 2 },
];

export const levelPrice: readonly [number, number, number] = [0.7, 1, 1.6];

/** Kinds whose products are bought together: the first draws the second into the same basket. */
export const complementKinds: readonly (readonly [string, string])[] = [
  ['Coffee Beans', 'Paper Filters'],
  ['Green Tea', 'Mug'],
  ['Wok', 'Chilli Oil'],
  ['Noodles', 'Soy Sauce'],
  ['Shampoo', 'Conditioner'],
  ['Herb Seeds', 'Potting Soil'],
  ['Backpack', 'Rain Cover'],
  ['Jasmine Rice', 'Storage Jar'],
  ['Bath Towel', 'Laundry Basket'],
  ['Picnic Blanket', 'Thermos Flask'],
];

/** Kinds of which the second is wanted some days after the first was bought. */
export const followingKinds: readonly (readonly [string, string])[] = [
  ['Pour-over Kettle', 'Coffee Beans'],
  ['Steamer Basket', 'Jasmine Rice'],
  ['Plant Pot', 'Watering Can'],
  ['Garden Chair', 'Picnic Blanket'],
  ['Laundry Basket', 'Laundry Liquid'],
  ['Head Torch', 'Backpack'],
];
