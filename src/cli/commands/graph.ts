/** `shelfwise graph ITEM`: what lies around a product in the shop's own graph, as a table or as GraphML. */
import { writeFile } from 'node:fs/promises';
import type { CommandDef } from 'citty';
import { ShelfwiseError } from '../../core/errors.ts';
import { type GraphPart, graphml } from '../../index.ts';
import { command, numberFlag } from '../command.ts';
import { openShopFor } from '../open-shop.ts';
import { table } from '../output.ts';

export const graphCommand: CommandDef = command({
  name: 'graph',
  description: 'Show what lies around a product in the graph of the shop.',
  args: {
    item: { type: 'positional', description: 'Id of the product; none with --all.', required: false },
    shop: { type: 'string', description: 'Folder of the shop.', default: './shop', valueHint: 'dir' },
    depth: { type: 'string', description: 'Steps from the product.', default: '1' },
    limit: { type: 'string', description: 'Edges of one node at most.', default: '30' },
    all: { type: 'boolean', description: 'The whole graph.' },
    format: { type: 'string', description: 'table or graphml.', default: 'table' },
    out: { type: 'string', description: 'File to write GraphML to.', valueHint: 'file' },
  },
  async run({ args, output }) {
    const isMarkup = args.format === 'graphml' || args.out !== undefined;
    if (!isMarkup && args.format !== 'table') {
      const message = `--format: expected table or graphml, got "${args.format}".`;
      throw new ShelfwiseError('SW_USAGE', message, 'Correct the flag.');
    }
    const item = args.item === undefined ? undefined : String(args.item);
    if ((item === undefined) !== (args.all === true)) {
      const message = 'graph: expected an ITEM, or --all without one.';
      throw new ShelfwiseError('SW_USAGE', message, 'For instance: shelfwise graph P0001 --depth 2');
    }
    const options = {
      depth: whole('depth', args.depth, 10),
      limit: whole('limit', args.limit, 100_000),
    };
    await using shop = await openShopFor(output, args.shop);
    const part = item === undefined ? await shop.wholeGraph() : await shop.graph(item, options);
    if (args.out !== undefined) {
      await writeFile(args.out, graphml(part));
      const written = { file: args.out, nodes: part.nodes.length, edges: part.edges.length };
      output.result(written, () => `${args.out}: ${written.nodes} nodes, ${written.edges} edges.`);
      return;
    }
    const { nodes, edges } = part;
    output.result({ nodes, edges }, () => (isMarkup ? [...graphml(part)].join('').trimEnd() : graphText(part)));
  },
});

function whole(flag: string, text: string | undefined, max: number): number {
  const value = numberFlag(flag, text, { min: 1, max })!;
  if (Number.isInteger(value)) return value;
  throw new ShelfwiseError('SW_USAGE', `--${flag}: expected a whole number, got ${text}.`, 'Correct the flag.');
}

function graphText({ nodes, edges }: GraphPart): string {
  const named = (n: number): string => {
    const { type, name } = nodes[n]!;
    return type === 'person' || type === 'session' ? name : `${type} ${name}`;
  };
  const rows = edges.map(({ from, to, type, weight, time }) => [
    named(from),
    type,
    named(to),
    String(weight),
    time === undefined ? '' : new Date(time).toISOString().slice(0, 10),
  ]);
  return table(['from', 'relation', 'to', 'times', 'last'], rows);
}
