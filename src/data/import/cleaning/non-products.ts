/** Lines for postage, bank charges, vouchers and manual adjustments: codes that a kind or the user declares. */
import type { CleaningStep } from './step.ts';

export const nonProducts: CleaningStep = {
  name: 'non-product-lines',
  action: 'set-aside',
  summary: 'the product id is one of the codes for postage, fees, vouchers or adjustments (nonProducts, and the kind)',
  async run(context) {
    const patterns = [...context.nonProducts, ...context.options.nonProducts.map(wildcard)];
    const codes: number[] = [];
    for (const [code, name] of context.products.entries())
      if (patterns.some((pattern) => pattern.test(name))) codes.push(code);
    if (codes.length === 0) return { matched: 0, acted: 0 };
    await context.analytics.execute('CREATE OR REPLACE TABLE non_products (product INTEGER)');
    await context.analytics.append('non_products', [{ name: 'product', type: 'INTEGER', values: codes }]);
    return context.setAside(
      nonProducts.name,
      `SELECT r.raw_row, r.part, 'the code ' || n.name || ' is no product' AS reason
       FROM raw_rows r JOIN non_products x ON x.product = r.product JOIN product_names n ON n.code = r.product`,
    );
  },
};

/** @example wildcard('gift_*').test('gift_0001') // true */
function wildcard(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`, 'i');
}
