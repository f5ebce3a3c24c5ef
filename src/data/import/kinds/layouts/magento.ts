/**
 * Magento and Adobe Commerce: the product export (a configurable product lists its variations), orders and their items
 * as tables, and orders of the REST API. The items of a configurable line come twice: the child repeats its parent.
 *
 * @source Adobe Commerce user guide, Product data reference; REST API, Order
 */
import type { Layout } from '../layout.ts';

export const magento: readonly Layout[] = [
  {
    name: 'magento-products',
    summary: "Magento's product export (sku, attribute_set_code, product_type, configurable_variations)",
    role: 'products',
    signature: ['sku', 'attribute_set_code', 'product_type', 'name', 'price'],
    columns: {
      ...{ productId: 'sku', title: 'name', description: ['description', 'short_description'], category: 'categories' },
      ...{ image: ['base_image', 'image'], price: 'price', salePrice: 'special_price', stock: ['qty', 'is_in_stock'] },
      currency: 'currency',
    },
    separators: { category: ',' },
    levels: /\//,
    attributes: { type: 'product_type', set: 'attribute_set_code' },
    attributeList: 'additional_attributes',
    variationList: 'configurable_variations',
    // 1 is enabled, 2 disabled.
    hiddenIf: ['product_online', /^2$/],
    onlyIf: ['product_type', /./],
    variantIf: ['price'],
  },
  {
    name: 'magento-order-items',
    summary: "Magento's order items (order_id, sku, qty_ordered, row_total), beside the orders",
    role: 'events',
    event: 'purchase',
    signature: ['order_id', 'sku', 'qty_ordered', 'price'],
    columns: {
      ...{ orderId: 'order_id', productId: ['sku', 'product_id'], title: 'name', quantity: 'qty_ordered' },
      ...{ price: 'price', time: 'created_at', refundedQuantity: 'qty_refunded' },
    },
    skipIf: ['parent_item_id'],
    needs: 'orders',
  },
  {
    name: 'magento-orders',
    summary: "Magento's orders (entity_id, customer_id, status, created_at), beside their items",
    role: 'orders',
    signature: ['entity_id', 'increment_id', 'status', 'created_at', 'customer_email'],
    absent: ['items'],
    columns: {
      ...{ orderId: 'entity_id', userId: 'customer_id', guestId: 'customer_email', time: 'created_at' },
      ...{ orderStatus: ['status', 'state'], currency: ['order_currency_code', 'base_currency_code'] },
    },
  },
  {
    name: 'magento-orders-json',
    summary: "Magento's orders of the REST API, items inside each order",
    role: 'events',
    event: 'purchase',
    signature: ['increment_id', 'items', 'customer_email', 'status', 'created_at'],
    columns: {
      ...{ orderId: 'increment_id', userId: 'customer_id', guestId: 'customer_email', time: 'created_at' },
      ...{ orderStatus: ['status', 'state'], currency: ['order_currency_code', 'base_currency_code'] },
      ...{
        place: 'billing_address.country_id',
        productId: ['items[].sku', 'items[].product_id'],
        title: 'items[].name',
      },
      ...{ quantity: 'items[].qty_ordered', price: 'items[].price', refundedQuantity: 'items[].qty_refunded' },
    },
    skipIf: ['items[].parent_item_id'],
  },
];
