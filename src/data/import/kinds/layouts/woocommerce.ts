/**
 * WooCommerce: the product export of the core, order exports with one row for each line, and orders of the REST API.
 * A code (SKU) is how orders and products find each other; customer 0 is a guest, variation 0 the product itself.
 *
 * @source WooCommerce documentation, Product CSV Importer and Exporter; REST API v3, Orders
 */
import type { Layout } from '../layout.ts';

export const woocommerce: readonly Layout[] = [
  {
    name: 'woocommerce-products',
    summary: "WooCommerce's product export, variations beside their parents",
    role: 'products',
    signature: ['ID', 'Type', 'SKU', 'Name', 'Regular price', 'Visibility in catalog'],
    columns: {
      ...{
        productId: ['SKU', 'ID'],
        parentId: 'Parent',
        title: 'Name',
        description: ['Description', 'Short description'],
      },
      ...{ category: 'Categories', tags: 'Tags', image: 'Images', brand: 'Brands', gtin: 'GTIN, UPC, EAN, or ISBN' },
      ...{ price: 'Regular price', salePrice: 'Sale price', stock: ['Stock', 'In stock?'] },
      shown: ['Published', 'Visibility in catalog'],
    },
    attributes: { type: 'Type' },
    separators: { category: ',', tags: ',', image: ',' },
    levels: />/,
    optionPairs: [['Attribute # name', 'Attribute # value(s)']],
    variantIf: ['Regular price'],
    otherIds: ['ID'],
  },
  {
    name: 'woocommerce-orders',
    summary: 'WooCommerce orders, one row for each line (item_product_id, item_quantity, item_total)',
    role: 'events',
    event: 'purchase',
    signature: ['order_id', 'item_product_id', 'item_quantity', 'item_total'],
    columns: {
      ...{ orderId: 'order_id', userId: 'customer_id', guestId: ['customer_email', 'billing_email'] },
      ...{ time: ['order_date', 'paid_date'], orderStatus: ['status', 'order_status'] },
      ...{ currency: ['order_currency', 'currency'], place: 'billing_country' },
      ...{ productId: ['item_product_id', 'item_sku', 'item_name'], variantId: ['item_sku', 'item_variation_id'] },
      ...{ title: 'item_name', quantity: 'item_quantity', lineTotal: 'item_total' },
      refundedQuantity: ['item_refunded_qty', 'item_refunded_quantity'],
    },
  },
  {
    name: 'woocommerce-orders-json',
    summary: 'WooCommerce orders of the REST API, lines inside each order',
    role: 'events',
    event: 'purchase',
    signature: ['id', 'status', 'line_items', 'billing', 'customer_id'],
    columns: {
      ...{ orderId: 'id', userId: 'customer_id', guestId: 'billing.email', time: ['date_created_gmt', 'date_created'] },
      ...{ orderStatus: 'status', currency: 'currency', place: 'billing.country' },
      productId: ['line_items[].product_id', 'line_items[].sku'],
      variantId: ['line_items[].sku', 'line_items[].variation_id'],
      ...{ title: 'line_items[].name', quantity: 'line_items[].quantity', lineTotal: 'line_items[].total' },
    },
  },
];
