import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { graphml } from './graphml.ts';
import { type GraphPart, PersonNames, ShopGraph, sharedAttributes } from './shop-graph.ts';

const words = (text: string): string[] => text.toLowerCase().split(' ');
const product = (productId: string, more: object = {}) => ({
  ...{ productId, title: 'Red mug', categories: [], attributes: {}, images: [], variants: [] },
  ...more,
});
const eventsOf = (rows: readonly (readonly [person: number, kind: number, product: number, time: number])[]) => ({
  length: rows.length,
  person: Float64Array.from(rows, ([person]) => person),
  time: Float64Array.from(rows, ([, , , time]) => time),
  kind: Uint8Array.from(rows, ([, kind]) => kind),
  product: Int32Array.from(rows, ([, , item]) => item),
  products: ['a', 'b'],
  session: Int32Array.from(rows, ([person]) => (person > 0.5 ? 3 : -1)),
  quantity: new Float32Array(rows.length),
  priceMinor: new Float64Array(rows.length),
  value: new Float32Array(rows.length),
  flags: new Int32Array(rows.length),
});

const shown = ({ nodes, edges }: GraphPart): string[] =>
  edges.map(({ from, to, type, weight }) => `${nodes[from]!.name} -${type}-> ${nodes[to]!.name} ${weight}`).sort();

describe('the graph of a shop', () => {
  test('joins a product to what it is, each once however often it is told', () => {
    const graph = new ShopGraph(words);
    const described = { brand: 'Oak', categories: [['Home', 'Mugs']], attributes: { colour: 'red' } };
    graph.addProduct(product('a', described));
    graph.addProduct(product('a', described));
    graph.addProduct(product('b', { categories: [['Home', 'Plates']] }));
    expect(shown(graph)).toEqual([
      'Home > Mugs -part of-> Home 1',
      'Home > Plates -part of-> Home 1',
      'a -attribute-> colour: red 1',
      'a -brand-> Oak 1',
      'a -category-> Home > Mugs 1',
      'a -word-> mug 1',
      'a -word-> red 1',
      'b -category-> Home > Plates 1',
      'b -word-> mug 1',
      'b -word-> red 1',
    ]);
  });

  test('counts what people did, with the time of the last, and tells nothing of who they are', () => {
    const graph = new ShopGraph(words);
    const names = new PersonNames();
    const day = Date.UTC(2026, 1, 3);
    graph.addEvents(
      eventsOf([
        [0.25, 1, 0, day],
        [0.25, 1, 0, day + 5],
        [0.75, 3, 0, day + 1],
        [0.75, 1, -1, day],
      ]),
      names,
    );
    graph.addEvents(
      eventsOf([
        [0.25, 1, 0, day + 2],
        [0.25, 1, 1, day + 9],
      ]),
      names,
    );
    expect(shown(graph)).toEqual([
      'person 1 -view_item-> a 3',
      'person 1 -view_item-> b 1',
      'person 2 -purchase-> a 1',
      'person 2, 2026-02-03 -session-> a 1',
    ]);
    expect(graph.edges[0]!.time).toBe(day + 5);
    expect(JSON.stringify(graph.nodes)).not.toContain('0.25');
  });

  test('a path that comes back to where it was ends before, and what all share joins nothing', () => {
    const graph = new ShopGraph(() => []);
    const two = [
      product('a', { categories: [['Home', 'Mugs', 'Home']], attributes: { made: 'EU', colour: 'red' } }),
      product('b', { attributes: { made: 'EU', colour: 'blue' } }),
    ];
    const shared = sharedAttributes(two);
    expect([...shared]).toEqual(['made: EU']);
    for (const one of two) graph.addProduct(one, shared);
    expect(graph.repairs).toEqual({ cycles: 1, shared: 2 });
    expect(shown(graph)).toEqual([
      'Home > Mugs -part of-> Home 1',
      'a -attribute-> colour: red 1',
      'a -category-> Home > Mugs 1',
      'b -attribute-> colour: blue 1',
    ]);
    expect(sharedAttributes(two.slice(0, 1)).size).toBe(0);
  });

  test('around a product come the strongest edges first, as far as it is asked', () => {
    const graph = new ShopGraph(words);
    graph.addProduct(product('a', { brand: 'Oak' }));
    graph.addProduct(product('b', { brand: 'Oak', title: 'Plate' }));
    graph.addEvents(
      eventsOf([
        [0.25, 1, 0, 1],
        [0.25, 1, 0, 2],
        [0.3, 1, 0, 3],
      ]),
      new PersonNames(),
    );
    const start = graph.nodeOf('product', 'a')!;
    const near = graph.around(start, { depth: 1, limit: 5 });
    expect(near.nodes[0]).toEqual({ type: 'product', name: 'a' });
    // Of each type one, then the second of those that have one.
    expect(near.edges.map(({ type, weight }) => [type, weight])).toEqual([
      ['brand', 1],
      ['word', 1],
      ['view_item', 2],
      ['word', 1],
      ['view_item', 1],
    ]);
    expect(graph.around(start, { depth: 1, limit: 2 }).edges.length).toBe(2);
    const far = graph.around(start, { depth: 2, limit: 10 });
    expect(far.nodes.map(({ name }) => name)).toContain('b');
    expect(graph.around(start, { depth: 1, limit: 10 }).nodes.map(({ name }) => name)).not.toContain('b');
    for (const { from, to } of far.edges) expect([far.nodes[from], far.nodes[to]].every(Boolean)).toBe(true);
  });
});

test('GraphML is well-formed whatever names hold', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 5 }), (names) => {
      const nodes = names.map((name) => ({ type: 'word' as const, name: `${name}<&">` }));
      const edges = [{ from: 0, to: nodes.length - 1, type: 'a&b', weight: 2, time: 0 }];
      const text = [...graphml({ nodes, edges })].join('');
      // Nothing but our own marks is left.
      const bare = text.replaceAll(/<[^<>]*>/gu, '');
      expect(bare).not.toMatch(/[<>]/u);
      expect(bare.replaceAll(/&(?:amp|lt|gt|quot);/gu, '')).not.toMatch(/&/u);
      expect(text.replaceAll(/[\t\n\r]/gu, '')).not.toMatch(/\p{Cc}/u);
      expect(text.match(/<node /gu)!.length).toBe(nodes.length);
      expect(text).toContain('<data key="time">1970-01-01T00:00:00.000Z</data>');
    }),
  );
});
