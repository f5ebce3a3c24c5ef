/**
 * Exports of PrestaShop, Shopware, BigCommerce and Amazon's order reports.
 *
 * @source PrestaShop database schema, order_detail; Shopware documentation, Import/Export; BigCommerce Help Center,
 * Exporting orders; Amazon Seller Central, All orders report
 */
import type { Layout } from '../layout.ts';

export const otherShops: readonly Layout[] = [
  {
    name: 'prestashop-orders',
    summary: 'PrestaShop order lines (id_order, id_customer, product_id, product_attribute_id, product_quantity)',
    role: 'events',
    event: 'purchase',
    signature: ['id_order', 'id_customer', 'product_id', 'product_quantity'],
    columns: {
      ...{ orderId: 'id_order', userId: 'id_customer', time: ['date_add', 'invoice_date'], productId: 'product_id' },
      ...{ variantId: 'product_attribute_id', title: 'product_name', quantity: 'product_quantity' },
      ...{ refundedQuantity: 'product_quantity_refunded', currency: 'iso_code' },
      price: ['unit_price_tax_incl', 'product_price_wt', 'product_price'],
    },
  },
  {
    name: 'prestashop-products',
    summary: "PrestaShop's product list (Product ID, Reference, Price (tax incl.), Quantity, Status)",
    role: 'products',
    signature: ['Product ID', 'Name', 'Reference', 'Price (tax incl.)', 'Quantity', 'Status'],
    columns: {
      ...{ productId: 'Product ID', title: 'Name', category: 'Category', image: 'Image', price: 'Price (tax incl.)' },
      ...{ stock: 'Quantity', shown: 'Status' },
    },
    attributes: { reference: 'Reference' },
    otherIds: ['Reference'],
    levels: />/,
  },
  {
    name: 'shopware-products',
    summary: 'Shopware 6 product export (product_number, parent_id, price_gross, stock, active)',
    role: 'products',
    signature: ['id', 'product_number', 'active', 'stock', 'name', 'price_gross'],
    columns: {
      ...{ productId: 'id', parentId: 'parent_id', title: 'name', description: 'description', price: 'price_gross' },
      ...{ listPrice: 'list_price_gross', stock: 'stock', shown: 'active', brand: 'manufacturer_name', gtin: 'ean' },
      ...{ category: 'categories', image: 'cover_media_url' },
    },
    attributes: { number: 'product_number' },
    otherIds: ['product_number'],
  },
  {
    name: 'shopware5-articles',
    summary: 'Shopware 5 article export (ordernumber, mainnumber, name, supplier, price_EK, instock)',
    role: 'products',
    signature: ['ordernumber', 'mainnumber', 'name', 'supplier', 'active'],
    columns: {
      ...{ productId: 'mainnumber', variantId: 'ordernumber', title: 'name', brand: 'supplier', shown: 'active' },
      ...{ price: ['price_EK', 'price'], listPrice: ['pseudoprice_EK', 'pseudoprice'], stock: ['instock', 'stock'] },
      ...{ description: ['description_long', 'description'], category: ['category', 'categories'], gtin: 'ean' },
    },
    separators: { category: '|' },
    levels: />/,
  },
  {
    name: 'shopware5-orders',
    summary: 'Shopware 5 order lines (ordernumber or number, customernumber, articleordernumber, quantity, price)',
    role: 'events',
    event: 'purchase',
    signature: ['articleordernumber', 'quantity', 'price', 'ordertime'],
    columns: {
      ...{ orderId: ['ordernumber', 'number', 'orderId'], userId: ['customernumber', 'userID', 'customerId'] },
      ...{
        guestId: ['email', 'customer_email'],
        time: 'ordertime',
        productId: 'articleordernumber',
        quantity: 'quantity',
      },
      ...{ title: ['articleName', 'name'], price: 'price', currency: 'currency', orderStatus: ['status_description'] },
    },
  },
  {
    name: 'bigcommerce-products',
    summary: "BigCommerce's product export (Item Type, Product Name, Product Code/SKU, Product Visible?)",
    role: 'products',
    signature: ['Item Type', 'Product ID', 'Product Name', 'Product Code/SKU', 'Price'],
    columns: {
      ...{ productId: ['Product Code/SKU', 'Product ID'], title: 'Product Name', description: 'Product Description' },
      ...{ brand: 'Brand Name', price: 'Price', salePrice: 'Sale Price', stock: 'Current Stock Level' },
      ...{ listPrice: 'Retail Price', shown: 'Product Visible?', category: 'Category' },
      image: ['Product Image URL - 1', 'Product Image File - 1'],
      gtin: 'Product UPC/EAN',
    },
    attributes: { type: 'Product Type' },
    separators: { category: ';' },
    otherIds: ['Product ID'],
    onlyIf: ['Item Type', /^\s*product\s*$/i],
  },
  {
    name: 'bigcommerce-orders',
    summary: "BigCommerce's order export, lines inside Product Details",
    role: 'events',
    event: 'purchase',
    signature: ['Order ID', 'Order Status', 'Order Date', 'Product Details'],
    columns: {
      ...{ orderId: 'Order ID', userId: 'Customer ID', guestId: 'Customer Email', time: 'Order Date' },
      ...{ orderStatus: 'Order Status', currency: ['Order Currency Code', 'Currency Code'] },
      productId: ['Product Details[].Product SKU', 'Product Details[].Product ID'],
      ...{ title: 'Product Details[].Product Name', quantity: 'Product Details[].Product Qty' },
      price: 'Product Details[].Product Unit Price',
      place: ['Billing Country', 'Shipping Country'],
    },
  },
  {
    name: 'amazon-all-orders',
    summary: "Amazon's report of all orders (amazon-order-id, purchase-date, sku, item-price)",
    role: 'events',
    event: 'purchase',
    signature: ['amazon-order-id', 'purchase-date', 'sku', 'quantity', 'item-price'],
    columns: {
      ...{ orderId: 'amazon-order-id', guestId: 'buyer-email', time: 'purchase-date', productId: ['sku', 'asin'] },
      ...{ orderStatus: ['order-status', 'item-status'], title: 'product-name', quantity: 'quantity' },
      ...{ lineTotal: 'item-price', currency: 'currency', place: 'ship-country', referrer: 'sales-channel' },
    },
  },
  {
    name: 'amazon-orders',
    summary: "Amazon's order report with buyers (order-id, order-item-id, purchase-date, quantity-purchased)",
    role: 'events',
    event: 'purchase',
    signature: ['order-id', 'order-item-id', 'purchase-date', 'sku', 'quantity-purchased'],
    columns: {
      ...{ orderId: 'order-id', userId: 'buyer-email', time: 'purchase-date', productId: 'sku', title: 'product-name' },
      ...{ quantity: 'quantity-purchased', lineTotal: 'item-price', currency: 'currency', place: 'ship-country' },
    },
  },
];
