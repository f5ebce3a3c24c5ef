/** The README's demo block is what a demo in an empty folder prints; last digits may differ from machine to machine. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { demoBlock } from '../../tools/demo-block.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** Figures of each model, and the products of the slate in order. */
function parsed(block: string): { figures: Map<string, number[]>; products: string[]; sentences: number } {
  const figures = new Map(
    [...block.matchAll(/^(\S+) +(0\.\d{4}) +(0\.\d{4}) +(0\.\d{4})$/gm)].map(([, model, ...values]) => [
      model!,
      values.map(Number),
    ]),
  );
  const products = [...block.matchAll(/^\d+ +(P\d{4}) /gm)].map(([, id]) => id!);
  return { figures, products, sentences: [...block.matchAll(/^ ?\d+\. \S.*\.$/gm)].length };
}

test('the demo prints what the README shows', () => {
  const shown = parsed(/<!-- demo -->\n```\n([\s\S]*?)\n```/.exec(readme)![1]!);
  expect([shown.figures.size, shown.products.length, shown.sentences]).toEqual([11, 5, 5]);
  const now = parsed(demoBlock());
  expect([...now.figures.keys()]).toEqual([...shown.figures.keys()]);
  for (const [model, figures] of shown.figures)
    for (const [n, figure] of figures.entries())
      expect(Math.abs(now.figures.get(model)![n]! - figure), model).toBeLessThan(0.01);
  expect(now.products.filter((id) => shown.products.includes(id)).length).toBeGreaterThanOrEqual(4);
});
