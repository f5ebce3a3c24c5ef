/**
 * The words of the demo store: its departments, the kinds of product they hold in English and Chinese, what they are made
 * of and good for, its brands, and which kinds go together or follow one another. Chosen by hand; no store's catalogue
 * was copied.
 */

/** The same in English and Chinese. */
export type Words = readonly [english: string, chinese: string];

/** What a product is made of or how it is, and a sentence on it; `{}` stands for the kind of product. */
export interface Style {
  readonly name: Words;
  readonly fact: Words;
}

/** What the drawing of a kind is built from. */
export type Shape =
  | 'bag'
  | 'board'
  | 'bottle'
  | 'box'
  | 'chair'
  | 'cloth'
  | 'jar'
  | 'kettle'
  | 'lamp'
  | 'mug'
  | 'pack'
  | 'pan'
  | 'pot'
  | 'basket'
  | 'phones';

export interface ProductKind {
  readonly name: string;
  readonly chinese: string;
  /** Typical price in whole currency units. */
  readonly price: number;
  readonly sizes: readonly string[];
  readonly styles: readonly Style[];
  readonly shape: Shape;
  /** What people take it for, as the rest of "made for ..." and 适合……. */
  readonly use: Words;
  /** Days until a household needs it again; absent where it lasts. */
  readonly lastsDays?: number;
  /** The festival before which it is wanted. */
  readonly festival?: 'spring-festival' | 'mid-autumn';
}

export interface Department {
  readonly name: string;
  readonly chinese: string;
  /** Demand over a year: 1 + swing · cos(2π (month - peakMonth) / 12). */
  readonly season?: { readonly peakMonth: number; readonly swing: number };
  readonly kinds: readonly ProductKind[];
}

const style = (name: Words, english: string, chinese: string): Style => ({ name, fact: [english, chinese] });

const wares: readonly Style[] = [
  style(
    ['Stoneware', '石器'],
    'Fired at high heat, the {} will keep warmth and may go into the dishwasher',
    '高温烧成，这款{}保温好，可进洗碗机',
  ),
  style(['Porcelain', '瓷'], 'Thin white porcelain makes the {} light in the hand', '薄胎白瓷，让这款{}拿在手里很轻'),
  style(['Glass', '玻璃'], 'Through clear glass one can see what the {} may hold', '透明玻璃，{}里装了什么一目了然'),
  style(
    ['Enamel', '搪瓷'],
    'Enamel over steel: the {} can survive a fall and a camp fire',
    '钢胎搪瓷，{}不怕摔，也能上营火',
  ),
];
const metals: readonly Style[] = [
  style(
    ['Steel', '不锈钢'],
    'Brushed steel that does not rust; the {} will stay bright',
    '拉丝不锈钢，{}不生锈，常用常亮',
  ),
  style(
    ['Cast Iron', '铸铁'],
    'Heavy cast iron heats slowly and evenly; the {} may outlive its owner',
    '厚重铸铁受热慢而均匀，一只{}能用一辈子',
  ),
  style(['Copper', '铜'], 'Polished copper gives the {} a warm shine and quick heat', '抛光铜面，{}色泽温暖，导热快'),
  style(['Aluminium', '铝'], 'Light aluminium: one hand can lift the {}', '轻质铝材，单手就能拿起这款{}'),
];
const cloths: readonly Style[] = [
  style(['Cotton', '棉'], 'Long-staple cotton makes the {} soft from the first wash', '长绒棉，{}第一次洗就很柔软'),
  style(['Linen', '亚麻'], 'Washed linen dries fast and the {} will grow softer with age', '水洗亚麻快干，{}越用越软'),
  style(['Wool', '羊毛'], 'Fine wool keeps the {} warm even when damp', '细羊毛，{}受潮也保暖'),
  style(['Bamboo', '竹纤维'], 'Bamboo fibre takes up much water and keeps the {} fresh', '竹纤维吸水强，{}不易有异味'),
];
const tastes: readonly Style[] = [
  style(
    ['Organic', '有机'],
    'Grown without pesticides and certified organic: {} with the taste of one place',
    '不用农药，有机认证，{}有产地的味道',
  ),
  style(['Dark', '深度'], 'The dark sort: {} with a strong and lasting taste', '味道浓郁悠长的深度款{}'),
  style(['Mild', '温和'], 'The mild sort: {} that children like too', '口味温和，孩子也喜欢的{}'),
  style(['Classic', '经典'], 'Made as it always was, the {} of many childhoods', '老配方，许多人小时候的{}'),
];
const scents: readonly Style[] = [
  style(['Lavender', '薰衣草'], 'The {} will smell of lavender fields and calm before sleep', '薰衣草香的{}，睡前放松'),
  style(['Citrus', '柑橘'], 'The {} will smell of fresh oranges and wake one up', '鲜橙气息的{}，提神清新'),
  style(['Unscented', '无香'], 'Without perfume: {} for sensitive skin', '不加香精，{}对敏感肌友好'),
  style(['Cedar', '雪松'], 'The {} will smell of cedar wood, dry and quiet', '雪松木香的{}，沉静干爽'),
];
const sturdy: readonly Style[] = [
  style(['Folding', '折叠'], 'The {} can fold flat behind a door', '{}可折平，收在门后'),
  style(
    ['Compact', '便携'],
    'Small enough for hand luggage, the {} can go everywhere',
    '小到能放进随身行李，{}去哪都能带',
  ),
  style(['Large', '大号'], 'Room for a whole family: a large {}', '大号{}，够一家人用'),
  style(['Waterproof', '防水'], 'Sealed seams keep the {} dry in heavy rain', '接缝密封，大雨里{}也不进水'),
];
const electric: readonly Style[] = [
  style(
    ['Wireless', '无线'],
    'The {} can connect without a cable and remember two devices',
    '{}无线连接，可记住两台设备',
  ),
  style(['Rechargeable', '充电'], 'Charged in an hour, the {} can run for days', '充电一小时，{}用好几天'),
  style(['Foldable', '可折叠'], 'The {} can fold to the size of a palm', '{}折起来只有手掌大'),
  style(['Silent', '静音'], 'Beside the {} a child can sleep', '{}很安静，不吵孩子睡觉'),
];

export const departments: readonly Department[] = [
  {
    name: 'Coffee & Tea',
    chinese: '咖啡与茶',
    season: { peakMonth: 0, swing: 0.3 },
    kinds: [
      {
        ...{ name: 'Coffee Beans', chinese: '咖啡豆', price: 16, sizes: ['250 g', '500 g', '1 kg'], styles: tastes },
        ...{ shape: 'pack', lastsDays: 28, use: ['slow mornings and strong espresso', '悠闲的早晨和浓缩咖啡'] },
      },
      {
        ...{ name: 'Paper Filters', chinese: '滤纸', price: 6, sizes: ['40 pcs', '100 pcs', '200 pcs'] },
        ...{
          styles: tastes,
          shape: 'box',
          lastsDays: 45,
          use: ['a clean cup of pour-over coffee', '一杯干净的手冲咖啡'],
        },
      },
      {
        ...{ name: 'Mug', chinese: '马克杯', price: 14, sizes: ['250 ml', '350 ml', '450 ml'], styles: wares },
        ...{ shape: 'mug', use: ['tea at the desk', '办公桌上的一杯茶'] },
      },
      {
        ...{ name: 'Pour-over Kettle', chinese: '手冲壶', price: 58, sizes: ['600 ml', '900 ml', '1.2 l'] },
        ...{ styles: metals, shape: 'kettle', use: ['a thin and steady stream of water', '细而稳的水流'] },
      },
      {
        ...{ name: 'Green Tea', chinese: '绿茶', price: 12, sizes: ['50 g', '100 g', '250 g'], styles: tastes },
        ...{
          shape: 'pack',
          lastsDays: 35,
          festival: 'spring-festival',
          use: ['quiet afternoons and guests', '安静的下午和待客'],
        },
      },
    ],
  },
  {
    name: 'Kitchen',
    chinese: '厨房',
    kinds: [
      {
        ...{ name: 'Wok', chinese: '炒锅', price: 62, sizes: ['28 cm', '30 cm', '34 cm'], styles: metals },
        ...{ shape: 'pan', use: ['quick frying over a strong flame', '大火快炒'] },
      },
      {
        ...{ name: 'Chopping Board', chinese: '砧板', price: 24, sizes: ['S', 'M', 'L'], styles: sturdy },
        ...{ shape: 'board', use: ['bread, vegetables and fish', '切面包、蔬菜和鱼'] },
      },
      {
        ...{ name: 'Steamer Basket', chinese: '蒸笼', price: 28, sizes: ['18 cm', '22 cm', '26 cm'], styles: metals },
        ...{ shape: 'basket', use: ['dumplings and buns on Sunday', '周末蒸饺子和包子'] },
      },
      {
        ...{ name: 'Storage Jar', chinese: '储物罐', price: 11, sizes: ['0.5 l', '1 l', '2 l'], styles: wares },
        ...{ shape: 'jar', use: ['rice, beans and biscuits', '装米、豆子和饼干'] },
      },
      {
        ...{ name: 'Tea Towel', chinese: '茶巾', price: 9, sizes: ['2 pcs', '4 pcs', '6 pcs'], styles: cloths },
        ...{ shape: 'cloth', use: ['drying glasses without streaks', '擦干杯子不留水痕'] },
      },
    ],
  },
  {
    name: 'Pantry',
    chinese: '食品',
    kinds: [
      {
        ...{ name: 'Noodles', chinese: '面条', price: 5, sizes: ['400 g', '800 g', '2 kg'], styles: tastes },
        ...{ shape: 'pack', lastsDays: 21, use: ['a supper in ten minutes', '十分钟的晚饭'] },
      },
      {
        ...{ name: 'Soy Sauce', chinese: '酱油', price: 7, sizes: ['250 ml', '500 ml', '1 l'], styles: tastes },
        ...{ shape: 'bottle', lastsDays: 60, use: ['braised pork and cold dishes', '红烧肉和凉菜'] },
      },
      {
        ...{ name: 'Chilli Oil', chinese: '辣椒油', price: 8, sizes: ['150 g', '210 g', '400 g'], styles: tastes },
        ...{ shape: 'jar', lastsDays: 50, use: ['noodles that need some fire', '想吃点辣的面'] },
      },
      {
        ...{ name: 'Jasmine Rice', chinese: '茉莉香米', price: 13, sizes: ['2 kg', '5 kg', '10 kg'], styles: tastes },
        ...{ shape: 'pack', lastsDays: 40, use: ['the pot that a family empties every day', '一家人每天的那锅饭'] },
      },
      {
        ...{ name: 'Mooncakes', chinese: '月饼', price: 38, sizes: ['4 pcs', '6 pcs', '8 pcs'], styles: tastes },
        ...{ shape: 'box', festival: 'mid-autumn', use: ['giving away under the full moon', '中秋月圆时送礼'] },
      },
    ],
  },
  {
    name: 'Bath & Laundry',
    chinese: '洗护',
    kinds: [
      {
        ...{ name: 'Bath Towel', chinese: '浴巾', price: 26, sizes: ['70 x 140', '90 x 150', '100 x 180'] },
        ...{ styles: cloths, shape: 'cloth', use: ['the minute after a hot bath', '热水澡后的那一分钟'] },
      },
      {
        ...{ name: 'Shampoo', chinese: '洗发水', price: 12, sizes: ['300 ml', '500 ml', '750 ml'], styles: scents },
        ...{ shape: 'bottle', lastsDays: 40, use: ['hair that is washed every day', '天天洗的头发'] },
      },
      {
        ...{ name: 'Conditioner', chinese: '护发素', price: 12, sizes: ['300 ml', '500 ml', '750 ml'] },
        ...{ styles: scents, shape: 'bottle', lastsDays: 45, use: ['dry ends and long hair', '干枯发尾和长发'] },
      },
      {
        ...{ name: 'Laundry Liquid', chinese: '洗衣液', price: 15, sizes: ['1 l', '2 l', '3 l'], styles: scents },
        ...{ shape: 'bottle', lastsDays: 42, use: ['cold washes and dark clothes', '冷水洗和深色衣服'] },
      },
      {
        ...{ name: 'Laundry Basket', chinese: '洗衣篮', price: 32, sizes: ['40 l', '60 l', '80 l'], styles: sturdy },
        ...{ shape: 'basket', use: ['a week of washing', '一周的换洗衣物'] },
      },
    ],
  },
  {
    name: 'Garden & Balcony',
    chinese: '园艺',
    season: { peakMonth: 4, swing: 0.7 },
    kinds: [
      {
        ...{ name: 'Herb Seeds', chinese: '香草种子', price: 4, sizes: ['1 pack', '3 packs', '6 packs'] },
        ...{ styles: tastes, shape: 'pack', use: ['basil and mint on the window sill', '窗台上的罗勒和薄荷'] },
      },
      {
        ...{ name: 'Plant Pot', chinese: '花盆', price: 18, sizes: ['14 cm', '20 cm', '28 cm'], styles: wares },
        ...{ shape: 'pot', use: ['a fern or a small lemon tree', '一盆蕨或小柠檬树'] },
      },
      {
        ...{ name: 'Potting Soil', chinese: '营养土', price: 10, sizes: ['5 l', '10 l', '20 l'], styles: tastes },
        ...{ shape: 'pack', lastsDays: 75, use: ['seedlings and repotting in spring', '育苗和春天换盆'] },
      },
      {
        ...{ name: 'Watering Can', chinese: '浇水壶', price: 22, sizes: ['1 l', '3 l', '5 l'], styles: metals },
        ...{ shape: 'kettle', use: ['balconies without a tap', '没有水龙头的阳台'] },
      },
      {
        ...{ name: 'Garden Chair', chinese: '庭院椅', price: 74, sizes: ['1 pc', '2 pcs', '4 pcs'], styles: sturdy },
        ...{ shape: 'chair', use: ['long evenings outside', '户外的长夜'] },
      },
    ],
  },
  {
    name: 'Travel & Outdoor',
    chinese: '旅行户外',
    season: { peakMonth: 6, swing: 0.5 },
    kinds: [
      {
        ...{ name: 'Backpack', chinese: '双肩包', price: 68, sizes: ['18 l', '26 l', '40 l'], styles: sturdy },
        ...{ shape: 'bag', use: ['a weekend away or the way to work', '周末出行或每天通勤'] },
      },
      {
        ...{ name: 'Rain Cover', chinese: '防雨罩', price: 14, sizes: ['S', 'M', 'L'], styles: sturdy },
        ...{ shape: 'bag', use: ['sudden showers on the trail', '路上突来的阵雨'] },
      },
      {
        ...{ name: 'Thermos Flask', chinese: '保温杯', price: 34, sizes: ['350 ml', '500 ml', '1 l'], styles: metals },
        ...{ shape: 'bottle', use: ['hot tea on a cold summit', '寒冷山顶上的一口热茶'] },
      },
      {
        ...{ name: 'Picnic Blanket', chinese: '野餐垫', price: 29, sizes: ['130 x 150', '150 x 200', '200 x 200'] },
        ...{ styles: cloths, shape: 'cloth', use: ['wet grass and sandy beaches', '湿草地和沙滩'] },
      },
      {
        ...{ name: 'Head Torch', chinese: '头灯', price: 27, sizes: ['200 lm', '400 lm', '800 lm'], styles: sturdy },
        ...{ shape: 'lamp', use: ['night walks and tents', '夜路和帐篷'] },
      },
    ],
  },
  {
    name: 'Small Electronics',
    chinese: '小家电',
    season: { peakMonth: 10, swing: 0.4 },
    kinds: [
      {
        ...{
          name: 'Headphones',
          chinese: '耳机',
          price: 96,
          sizes: ['on-ear', 'over-ear', 'in-ear'],
          styles: electric,
        },
        ...{ shape: 'phones', use: ['trains, offices and late films', '地铁、办公室和深夜电影'] },
      },
      {
        ...{ name: 'Desk Lamp', chinese: '台灯', price: 44, sizes: ['6 W', '9 W', '12 W'], styles: electric },
        ...{ shape: 'lamp', use: ['reading without tired eyes', '看书不累眼'] },
      },
      {
        ...{ name: 'Humidifier', chinese: '加湿器', price: 52, sizes: ['1 l', '2 l', '4 l'], styles: electric },
        ...{ shape: 'jar', use: ['dry winter rooms', '冬天干燥的房间'] },
      },
      {
        ...{ name: 'Coffee Grinder', chinese: '磨豆机', price: 61, sizes: ['30 g', '60 g', '120 g'], styles: electric },
        ...{ shape: 'kettle', use: ['beans that are ground for each cup', '每杯现磨的咖啡豆'] },
      },
      {
        ...{ name: 'Batteries', chinese: '电池', price: 9, sizes: ['4 pcs', '8 pcs', '16 pcs'], styles: electric },
        ...{ shape: 'box', lastsDays: 70, use: ['torches, toys and remote controls', '手电、玩具和遥控器'] },
      },
    ],
  },
];

/** Brands and where they stand: 0 plain, 1 middle, 2 fine. A brand's price is its level's share of the kind's price. */
export const brands: readonly { readonly name: string; readonly level: 0 | 1 | 2; readonly story: Words }[] = [
  { name: 'Everday', level: 0, story: ['Everday leaves out what nobody needs.', 'Everday 只做必要的东西。'] },
  { name: 'Plumrow', level: 0, story: ['Plumrow is made for small homes.', 'Plumrow 为小家而做。'] },
  { name: 'Linden', level: 1, story: ['Linden repairs what it sold for ten years.', 'Linden 十年保修。'] },
  {
    ...{ name: 'Harbour & Hill', level: 1 },
    story: ['Harbour & Hill packs without plastic.', 'Harbour & Hill 不用塑料包装。'],
  },
  {
    ...{ name: 'Qingshan 青山', level: 2 },
    story: ['Qingshan works with small makers in Zhejiang.', '青山与浙江的小作坊合作。'],
  },
  {
    name: 'Ostrava Nord',
    level: 2,
    story: ['Ostrava Nord finishes each piece by hand.', 'Ostrava Nord 每件手工收尾。'],
  },
];

export const levelPrice: readonly [number, number, number] = [0.7, 1, 1.6];
export const levelWords: readonly [Words, Words, Words] = [
  ['a plain and cheap choice', '实惠之选'],
  ['a solid choice for every day', '日常耐用之选'],
  ['a fine choice, and a present', '精品之选，也可送礼'],
];

export const colours: readonly { readonly name: Words; readonly hex: string }[] = [
  { name: ['sand', '沙色'], hex: '#d9b98a' },
  { name: ['indigo', '靛蓝'], hex: '#3f51a3' },
  { name: ['moss', '苔绿'], hex: '#6b8f4e' },
];

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
  ['Head Torch', 'Batteries'],
];

/** Kinds of which the second is wanted some days after the first was bought. */
export const followingKinds: readonly (readonly [string, string])[] = [
  ['Pour-over Kettle', 'Coffee Beans'],
  ['Steamer Basket', 'Jasmine Rice'],
  ['Plant Pot', 'Watering Can'],
  ['Garden Chair', 'Picnic Blanket'],
  ['Laundry Basket', 'Laundry Liquid'],
  ['Head Torch', 'Backpack'],
  ['Coffee Grinder', 'Coffee Beans'],
];

/** What reviews speak of, well and badly. `{}` stands for the kind of product. */
export const opinions: Readonly<
  Record<'quality' | 'price' | 'delivery', { good: readonly Words[]; bad: readonly Words[] }>
> = {
  quality: {
    good: [
      ['Better made {} than I expected.', '{}的做工比想象中好。'],
      ['After some weeks still like new, good {}.', '用了几周，{}还像新的。'],
      ['Exactly what the pictures show, lovely {}.', '和图片一样，{}很漂亮。'],
    ],
    bad: [
      ['The {} broke after two weeks.', '{}两周就坏了。'],
      ['Poor material, I would not buy the {} again.', '材料很差，不会再买这款{}。'],
      ['Cheap looks and an odd smell, I sent the {} back.', '看着廉价还有怪味，{}退了。'],
    ],
  },
  price: {
    good: [
      ['Good value for the money.', '性价比高。'],
      ['Cheaper than elsewhere.', '比别家便宜。'],
    ],
    bad: [
      ['Too expensive for what it is.', '太贵了，不值这个价。'],
      ['I paid too much.', '买贵了。'],
    ],
  },
  delivery: {
    good: [
      ['It came a day early.', '提前一天到货。'],
      ['Well packed and fast.', '包装好，送得快。'],
    ],
    bad: [
      ['The parcel came late and dented.', '快递很慢，盒子还压坏了。'],
      ['Waited ten days for it.', '等了十天才到。'],
    ],
  },
};
