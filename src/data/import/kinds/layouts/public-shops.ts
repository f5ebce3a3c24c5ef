/**
 * Public sets of shops, in the files as they are published: sessions and baskets.
 *
 * @source Retailrocket, Kaggle; Ben-Shimon et al., RecSys Challenge 2015 (Yoochoose); CIKM Cup 2016 (Diginetica); REES46;
 * Instacart Market Basket Analysis; H&M Personalized Fashion Recommendations; Olist; Ta-Feng
 */
import type { Layout } from '../layout.ts';

const id = /^\d+$/;
const isoTime = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/;

const sessions: readonly Layout[] = [
  {
    name: 'retailrocket-properties',
    summary: "Retailrocket's item_properties: one row for each property of an item; category and availability are read",
    role: 'products',
    signature: ['timestamp', 'itemid', 'property', 'value'],
    columns: { productId: 'itemid', time: 'timestamp' },
    property: { name: 'property', value: 'value', known: { categoryid: 'category', available: 'available' } },
  },
  {
    name: 'retailrocket-categories',
    summary: "Retailrocket's category_tree",
    role: 'names',
    signature: ['categoryid', 'parentid'],
    columns: {},
    naming: { attribute: 'category', id: 'categoryid', parent: 'parentid' },
  },
  {
    name: 'yoochoose-clicks',
    summary: 'Yoochoose clicks, without a header',
    role: 'events',
    event: 'view_item',
    signature: ['session', 'time', 'item', 'category'],
    headerless: {
      always: true,
      names: ['session', 'time', 'item', 'category'],
      cells: [id, isoTime, id, /^(?:S|\d+)$/],
    },
    columns: { sessionId: 'session', time: 'time', productId: 'item' },
    // 0 is no category, S an offer, 1 to 12 a department and the longer ones a brand: of the click, not of the product.
    ignored: ['category'],
  },
  {
    name: 'yoochoose-buys',
    summary: 'Yoochoose buys, without a header',
    role: 'events',
    event: 'purchase',
    signature: ['session', 'time', 'item', 'price', 'quantity'],
    headerless: {
      always: true,
      names: ['session', 'time', 'item', 'price', 'quantity'],
      cells: [id, isoTime, id, id, id],
    },
    columns: { sessionId: 'session', time: 'time', productId: 'item', price: 'price', quantity: 'quantity' },
    // Where the price was not recorded, both are 0.
    adjust(event) {
      if (event.price === 0) event.price = Number.NaN;
      if (event.quantity === 0) event.quantity = Number.NaN;
      return '';
    },
  },
  {
    name: 'diginetica-views',
    summary: "Diginetica's train-item-views.csv",
    role: 'events',
    event: 'view_item',
    signature: ['sessionId', 'itemId', 'timeframe', 'eventdate'],
    absent: ['ordernumber'],
    columns: { sessionId: 'sessionId', userId: 'userId', productId: 'itemId', time: 'eventdate' },
    timeOffset: 'timeframe',
  },
  {
    name: 'diginetica-purchases',
    summary: "Diginetica's train-purchases.csv",
    role: 'events',
    event: 'purchase',
    signature: ['sessionId', 'timeframe', 'eventdate', 'ordernumber', 'itemId'],
    columns: { sessionId: 'sessionId', userId: 'userId', productId: 'itemId', time: 'eventdate' },
    timeOffset: 'timeframe',
    ignored: ['ordernumber'],
  },
  {
    name: 'diginetica-products',
    summary: "Diginetica's products.csv and product-categories.csv",
    role: 'products',
    signature: ['itemId', 'pricelog2', 'product.name.tokens'],
    columns: { productId: 'itemId' },
    attributes: { price_level: 'pricelog2' },
    ignored: ['product.name.tokens'],
  },
  {
    name: 'diginetica-categories',
    summary: "Diginetica's product-categories.csv",
    role: 'products',
    signature: ['itemId', 'categoryId'],
    absent: ['userId', 'sessionId', 'title', 'timestamp', 'event'],
    columns: { productId: 'itemId', category: 'categoryId' },
  },
  {
    name: 'rees46-events',
    summary: 'REES46 store events (event_time, event_type, product_id, category_code, brand, user_session)',
    role: 'events',
    signature: ['event_time', 'event_type', 'product_id', 'category_code', 'user_id', 'user_session'],
    columns: {
      ...{ time: 'event_time', kind: 'event_type', productId: 'product_id', category: 'category_code', brand: 'brand' },
      ...{ price: 'price', userId: 'user_id', sessionId: 'user_session' },
    },
    levels: /\./,
    ignored: ['category_id'],
  },
];

const baskets: readonly Layout[] = [
  {
    name: 'instacart-orders',
    summary: "Instacart's orders.csv, beside order_products__*.csv",
    role: 'orders',
    signature: ['order_id', 'user_id', 'eval_set', 'order_number', 'days_since_prior_order'],
    columns: { orderId: 'order_id', userId: 'user_id', sequence: 'order_number', daysSince: 'days_since_prior_order' },
    ignored: ['eval_set', 'order_dow', 'order_hour_of_day'],
  },
  {
    name: 'instacart-lines',
    summary: "Instacart's order_products__*.csv, beside orders.csv",
    role: 'events',
    event: 'purchase',
    signature: ['order_id', 'product_id', 'add_to_cart_order', 'reordered'],
    columns: { orderId: 'order_id', productId: 'product_id' },
    ignored: ['add_to_cart_order', 'reordered'],
    needs: 'orders',
  },
  {
    name: 'instacart-products',
    summary: "Instacart's products.csv; aisles.csv and departments.csv name its ids",
    role: 'products',
    signature: ['product_id', 'product_name', 'aisle_id', 'department_id'],
    columns: { productId: 'product_id', title: 'product_name' },
    named: { aisle: 'aisle_id', department: 'department_id' },
  },
  {
    name: 'instacart-aisles',
    summary: "Instacart's aisles.csv",
    role: 'names',
    signature: ['aisle_id', 'aisle'],
    columns: {},
    naming: { attribute: 'aisle', id: 'aisle_id', name: 'aisle' },
  },
  {
    name: 'instacart-departments',
    summary: "Instacart's departments.csv",
    role: 'names',
    signature: ['department_id', 'department'],
    columns: {},
    naming: { attribute: 'department', id: 'department_id', name: 'department' },
  },
  {
    name: 'hm-transactions',
    summary: "H&M's transactions_train.csv",
    role: 'events',
    event: 'purchase',
    signature: ['t_dat', 'customer_id', 'article_id', 'sales_channel_id'],
    columns: { time: 't_dat', userId: 'customer_id', productId: 'article_id', referrer: 'sales_channel_id' },
    // A share of some price, and no money.
    ignored: ['price'],
    everyRowCounts: true,
  },
  {
    name: 'hm-articles',
    summary: "H&M's articles.csv",
    role: 'products',
    signature: ['article_id', 'product_code', 'prod_name', 'product_type_name'],
    columns: {
      ...{ productId: 'article_id', title: 'prod_name', description: 'detail_desc', category: 'product_group_name' },
    },
    levels: />/,
    keepsRest: true,
    ignored: ['product_type_no', 'graphical_appearance_no', 'colour_group_code', 'perceived_colour_value_id'],
  },
  {
    name: 'hm-customers',
    summary: "H&M's customers.csv",
    role: 'people',
    signature: ['customer_id', 'FN', 'Active', 'club_member_status'],
    columns: { userId: 'customer_id' },
    keepsRest: true,
    ignored: ['postal_code'],
  },
  {
    name: 'olist-orders',
    summary: "Olist's olist_orders_dataset.csv, beside the order items",
    role: 'orders',
    signature: ['order_id', 'customer_id', 'order_status', 'order_purchase_timestamp'],
    columns: {
      ...{ orderId: 'order_id', userId: 'customer_id', orderStatus: 'order_status', time: 'order_purchase_timestamp' },
    },
    ignored: [
      ...['order_approved_at', 'order_delivered_carrier_date', 'order_delivered_customer_date'],
      'order_estimated_delivery_date',
    ],
  },
  {
    name: 'olist-lines',
    summary: "Olist's olist_order_items_dataset.csv, beside the orders",
    role: 'events',
    event: 'purchase',
    signature: ['order_id', 'order_item_id', 'product_id', 'seller_id', 'price'],
    columns: { orderId: 'order_id', productId: 'product_id', price: 'price' },
    currency: 'BRL',
    needs: 'orders',
    ignored: ['order_item_id', 'shipping_limit_date', 'freight_value', 'seller_id'],
    everyRowCounts: true,
  },
  {
    name: 'olist-products',
    summary: "Olist's olist_products_dataset.csv",
    role: 'products',
    signature: ['product_id', 'product_category_name', 'product_photos_qty'],
    columns: { productId: 'product_id', category: 'product_category_name' },
    keepsRest: true,
    ignored: ['product_name_lenght', 'product_description_lenght'],
  },
  {
    name: 'olist-customers',
    summary: "Olist's olist_customers_dataset.csv: which orders' customers are one person",
    role: 'people',
    signature: ['customer_id', 'customer_unique_id', 'customer_city', 'customer_state'],
    columns: { userId: 'customer_unique_id', guestId: 'customer_id' },
    attributes: { city: 'customer_city', state: 'customer_state' },
    ignored: ['customer_zip_code_prefix'],
  },
  {
    name: 'ta-feng',
    summary: "Ta-Feng's transactions (TRANSACTION_DT, CUSTOMER_ID, PRODUCT_SUBCLASS, PRODUCT_ID, AMOUNT, SALES_PRICE)",
    role: 'events',
    event: 'purchase',
    signature: ['TRANSACTION_DT', 'CUSTOMER_ID', 'PRODUCT_ID', 'AMOUNT', 'SALES_PRICE'],
    columns: {
      ...{ time: 'TRANSACTION_DT', userId: 'CUSTOMER_ID', productId: 'PRODUCT_ID', quantity: 'AMOUNT' },
      ...{ lineTotal: 'SALES_PRICE', category: 'PRODUCT_SUBCLASS' },
    },
    currency: 'TWD',
    ignored: ['AGE_GROUP', 'PIN_CODE', 'ASSET'],
  },
];

export const publicShops: readonly Layout[] = [...sessions, ...baskets];
