/**
 * Shopify's exports: products (both spellings of the CSV, and JSON), orders (CSV and JSON), customers.
 *
 * An order's further lines repeat its name and leave most other cells empty; a product's further rows are its variants and
 * images.
 *
 * @source Shopify Help Center, Using CSV files to import and export products; Exporting orders; REST Admin API, Order
 */
import type { Layout } from '../layout.ts';

const lines = {
  ...{ title: 'Lineitem name', quantity: 'Lineitem quantity', price: 'Lineitem price', currency: 'Currency' },
  // A line without a code is called by its name.
  productId: ['Lineitem sku', 'Lineitem name'],
} as const;

export const shopify: readonly Layout[] = [
  {
    name: 'shopify-orders',
    summary: "Shopify's orders_export.csv, one row for each line",
    role: 'events',
    event: 'purchase',
    signature: ['Name', 'Financial Status', 'Lineitem name', 'Lineitem quantity', 'Lineitem price'],
    columns: {
      ...lines,
      ...{ orderId: 'Name', userId: 'Email', time: 'Created at', orderStatus: 'Financial Status' },
      ...{ place: 'Billing Country', brand: 'Vendor', referrer: 'Source' },
    },
    unsoldIf: ['Cancelled at'],
    continues: {
      by: 'Name',
      columns: ['Email', 'Financial Status', 'Currency', 'Created at', 'Cancelled at', 'Billing Country', 'Source'],
    },
  },
  {
    name: 'shopify-products',
    summary: "Shopify's products_export.csv, variants and images on rows of their own",
    role: 'products',
    signature: ['Handle', 'Title', 'Variant Price', 'Option1 Name', 'Option1 Value'],
    columns: {
      ...{ productId: 'Handle', variantId: 'Variant SKU', title: 'Title', description: 'Body (HTML)', brand: 'Vendor' },
      ...{ category: 'Product Category', tags: 'Tags', shown: ['Published', 'Status'], gtin: 'Variant Barcode' },
      ...{ price: 'Variant Price', listPrice: 'Variant Compare At Price', stock: 'Variant Inventory Qty' },
      image: ['Image Src', 'Variant Image'],
    },
    attributes: { type: 'Type' },
    levels: />/,
    optionPairs: [['Option# Name', 'Option# Value']],
    variantIf: ['Variant Price', 'Variant SKU', 'Option1 Value'],
    continues: { by: 'Handle', columns: ['Option1 Name', 'Option2 Name', 'Option3 Name'] },
  },
  {
    name: 'shopify-products-2024',
    summary: "Shopify's products_export.csv in its newer spelling",
    role: 'products',
    signature: ['URL handle', 'Title', 'Option1 name', 'Option1 value', 'Price', 'SKU'],
    columns: {
      ...{ productId: 'URL handle', variantId: 'SKU', title: 'Title', description: 'Description', brand: 'Vendor' },
      ...{ category: 'Product category', tags: 'Tags', shown: ['Published on online store', 'Status'] },
      ...{ gtin: 'Barcode', price: 'Price', listPrice: 'Compare-at price', stock: 'Inventory quantity' },
      image: ['Product image URL', 'Variant image URL'],
    },
    attributes: { type: 'Type' },
    levels: />/,
    optionPairs: [['Option# name', 'Option# value']],
    variantIf: ['Price', 'SKU', 'Option1 value'],
    continues: { by: 'URL handle', columns: ['Option1 name', 'Option2 name', 'Option3 name'] },
  },
  {
    name: 'shopify-products-json',
    summary: "Shopify's /products.json",
    role: 'products',
    signature: ['id', 'title', 'handle', 'variants', 'vendor'],
    columns: {
      ...{ productId: 'handle', variantId: ['variants[].sku', 'variants[].id'], title: 'title' },
      ...{ description: 'body_html', brand: 'vendor', category: 'product_type', tags: 'tags', image: 'images' },
      ...{ price: 'variants[].price', listPrice: 'variants[].compare_at_price', gtin: 'variants[].barcode' },
      stock: ['variants[].inventory_quantity', 'variants[].available'],
      shown: 'status',
    },
    levels: />/,
    options: { variant: 'variants[].title' },
    otherIds: ['variants[].id', 'id'],
  },
  {
    name: 'shopify-orders-json',
    summary: "Shopify's orders as JSON, lines inside each order",
    role: 'events',
    event: 'purchase',
    signature: ['id', 'name', 'financial_status', 'line_items', 'currency'],
    columns: {
      ...{ orderId: 'name', userId: ['customer.id', 'email'], time: 'created_at', currency: 'currency' },
      ...{ orderStatus: 'financial_status', place: 'billing_address.country_code', referrer: 'source_name' },
      productId: ['line_items[].sku', 'line_items[].product_id', 'line_items[].name'],
      ...{ title: 'line_items[].name', quantity: 'line_items[].quantity', price: 'line_items[].price' },
      ...{ brand: 'line_items[].vendor', guestId: 'email' },
    },
    unsoldIf: ['cancelled_at'],
  },
];
