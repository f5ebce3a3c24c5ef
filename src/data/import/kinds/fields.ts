/**
 * What a column may hold: the fields of rows, with the usual column names by which each is found where nothing says
 * otherwise. Layouts name the columns of one export; the generic kind goes by these names.
 */

/** What the rows of a file are. */
export const roles = ['events', 'orders', 'products', 'prices', 'people', 'names'] as const;
/**
 * `events` one thing that a shopper did (an order line too); `orders` orders without their lines, which other files
 * hold; `products` the catalogue; `prices` prices, stock and promotions alone; `people` profiles; `names` what the ids of
 * another file are called.
 */
export type Role = (typeof roles)[number];

export type Field =
  | 'eventId'
  | 'kind'
  | 'time'
  | 'userId'
  | 'visitorId'
  | 'sessionId'
  | 'orderId'
  | 'productId'
  | 'variantId'
  | 'quantity'
  | 'refundedQuantity'
  | 'price'
  | 'lineTotal'
  | 'priceMinor'
  | 'currency'
  | 'orderStatus'
  | 'shown'
  | 'hidden'
  | 'status'
  | 'device'
  | 'place'
  | 'referrer'
  | 'text'
  | 'value'
  | 'recommendationId'
  | 'position'
  | 'title'
  | 'description'
  | 'category'
  | 'brand'
  | 'image'
  | 'language'
  | 'gtin'
  | 'listPrice'
  | 'salePrice'
  | 'stock'
  | 'promotionId'
  | 'discount'
  | 'parentId'
  | 'tags'
  | 'guestId'
  | 'sequence'
  | 'daysSince';

/** In the order in which columns are given away: the surest fields first, and of a field's names the surest first. */
export const fieldNames: Readonly<Record<Field, readonly string[]>> = {
  eventId: ['event_id', 'message_id'],
  kind: [
    ...['event', 'event_name', 'event_type', 'action', 'behavior', 'behavior_type', 'behaviour', 'kind', 'type'],
    ...['feedback_type', '行为类型', '行为'],
  ],
  time: [
    ...['time', 'timestamp', 'event_time', 'datetime', 'date', 'created_at', 'order_date', 'purchase_date'],
    ...['transaction_timestamp', 'unix_time', 'ts', 'order_time', 'date_add', 'date_created', 'ordered_at', 'sold_at'],
    ...['purchased_at', 'order_created_at', '时间', '日期', '下单时间', '订单创建时间', '付款时间', 'datum', 'fecha'],
  ],
  userId: [
    ...['user_id', 'user', 'customer_id', 'customer', 'member_id', 'buyer_id', 'client_id', 'household_id', 'uid'],
    ...[
      'id_customer',
      'customer_no',
      'customer_number',
      '用户id',
      '用户',
      '会员id',
      '客户id',
      '买家会员名',
      'kundennummer',
      'kundennr',
      'kunde',
    ],
  ],
  visitorId: ['visitor_id', 'visitor', 'anonymous_id', 'cookie_id', 'device_id', '访客id'],
  sessionId: ['session_id', 'session', 'visit_id', 'user_session'],
  orderId: [
    ...['order_id', 'order_number', 'order_no', 'id_order', 'invoice', 'invoice_no', 'basket_id', 'transaction_id'],
    ...['订单编号', '订单号', '订单id', 'bestellnummer'],
  ],
  productId: [
    ...['product_id', 'item_id', 'product', 'item', 'article_id', 'stock_code', 'parent_asin', 'asin', 'pid'],
    ...['id_product', 'sku', '商品id', '宝贝id', '商品编号', '商品', 'artikelnummer', 'artikelnr', 'artikel'],
  ],
  variantId: ['variant_id', 'variant', 'sku_id', 'variation_id', 'product_attribute_id'],
  quantity: ['quantity', 'qty', 'units', 'count', 'product_quantity', '数量', '购买数量', 'menge', 'anzahl'],
  refundedQuantity: ['refunded_quantity', 'refunded_qty', 'product_quantity_refunded', 'returned_quantity'],
  price: [
    ...['price', 'unit_price', 'sales_price', 'unit_price_tax_incl', 'price_per_unit', '单价', '价格', 'preis'],
    ...['einzelpreis'],
  ],
  lineTotal: [
    ...['line_total', 'item_total', 'row_total', 'total', 'total_price', 'amount', 'total_price_tax_incl'],
    ...['line_amount', 'line_item_total', '金额', '总价', 'gesamtpreis'],
  ],
  priceMinor: ['price_minor', 'price_cents'],
  currency: ['currency', 'currency_code', 'order_currency', '币种'],
  orderStatus: ['order_status', 'financial_status', 'payment_status', '订单状态'],
  shown: ['published', 'visible', 'is_active', 'active', 'enabled', 'visibility'],
  hidden: ['hidden', 'is_hidden', 'archived', 'disabled', 'discontinued'],
  status: ['status', 'state', '状态'],
  device: ['device', 'device_type', 'platform'],
  place: ['place', 'country', 'region', 'store', 'store_id', 'warehouse', 'location', 'city', '国家', '城市'],
  referrer: ['referrer', 'referer', 'utm_source', 'source'],
  text: ['text', 'query', 'search_term', 'review', 'review_text', 'comment', '评论', '搜索词'],
  value: ['value', 'rating', 'stars', 'score', '评分'],
  recommendationId: ['recommendation_id'],
  position: ['position', 'rank'],
  title: [
    ...['title', 'name', 'product_name', 'item_name', 'product_title', '标题', '商品名称', '宝贝标题', '名称'],
    ...['bezeichnung', 'artikelbezeichnung'],
  ],
  description: ['description', 'product_description', 'body', '描述', '商品描述'],
  category: [
    ...['category', 'categories', 'category_path', 'product_type', 'category_code', 'category_name', 'category_id'],
    ...['genres', '类目', '分类', 'kategorie'],
  ],
  brand: ['brand', 'manufacturer', 'vendor', '品牌', 'marke', 'hersteller'],
  image: ['image', 'image_url', 'images', 'image_link', '图片'],
  language: ['language', 'lang'],
  gtin: ['gtin', 'ean', 'upc', 'barcode', 'ean13', '条码'],
  listPrice: ['list_price', 'compare_at_price', 'msrp', 'rrp', 'regular_price', '原价', '市场价'],
  salePrice: ['sale_price', 'special_price', 'discount_price'],
  stock: [
    ...['stock', 'units_on_hand', 'inventory', 'inventory_quantity', 'on_hand', 'stock_quantity', 'available_quantity'],
    ...['qty_in_stock', 'quantity_in_stock', 'stock_level', 'in_stock', 'availability'],
    ...['库存', 'bestand', 'lagerbestand'],
  ],
  promotionId: ['promotion_id', 'promotion', 'campaign_id'],
  discount: ['discount', 'discount_rate'],
  parentId: ['parent_id', 'parent_sku', 'parent_product_id'],
  tags: [],
  /** Of another kind of person's id that a file of people resolves, and of an e-mail that tells guests apart. */
  guestId: [],
  /** Place of an order among its person's orders, and days since the one before, where there are no times. */
  sequence: ['order_number_of_user'],
  daysSince: ['days_since_prior_order'],
};

export const allFields: readonly Field[] = Object.keys(fieldNames) as Field[];

/** Fields that say something in rows of a role; a column of another field is none of its. */
export const fieldsOf: Readonly<Record<Role, ReadonlySet<Field>>> = {
  events: new Set([
    ...(['eventId', 'kind', 'time', 'userId', 'visitorId', 'guestId', 'sessionId', 'orderId', 'productId'] as const),
    ...(['variantId', 'quantity', 'refundedQuantity', 'price', 'lineTotal', 'priceMinor', 'currency'] as const),
    ...(['orderStatus', 'status', 'device', 'place', 'referrer', 'text', 'value', 'recommendationId'] as const),
    ...(['position', 'title', 'category', 'brand', 'image'] as const),
  ]),
  orders: new Set([
    ...(['orderId', 'userId', 'visitorId', 'guestId', 'time', 'currency', 'orderStatus', 'status'] as const),
    ...(['device', 'place', 'referrer', 'sequence', 'daysSince'] as const),
  ]),
  products: new Set([
    ...(['productId', 'variantId', 'parentId', 'title', 'description', 'category', 'tags', 'brand', 'image'] as const),
    ...(['language', 'gtin', 'price', 'priceMinor', 'listPrice', 'salePrice', 'currency', 'stock', 'time'] as const),
    ...(['promotionId', 'discount', 'shown', 'hidden', 'status'] as const),
  ]),
  prices: new Set([
    ...(['productId', 'variantId', 'price', 'priceMinor', 'listPrice', 'salePrice', 'currency', 'stock'] as const),
    ...(['time', 'place', 'promotionId', 'discount'] as const),
  ]),
  people: new Set(['userId']),
  names: new Set(),
};
