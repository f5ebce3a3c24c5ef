/** `shelfwise similar ITEM`: products like one, by who chose both and by what their texts say, whoever asks. */
import type { CommandDef } from 'citty';
import { ShelfwiseError } from '../../core/errors.ts';
import { command, numberFlag } from '../command.ts';
import { openShopFor } from '../open-shop.ts';
import { slateText } from './recommend.ts';

export const similarCommand: CommandDef = command({
  name: 'similar',
  description: 'List products like one.',
  args: {
    item: { type: 'positional', description: 'Id of the product.', required: true },
    shop: { type: 'string', description: 'Folder of the shop.', default: './shop', valueHint: 'dir' },
    count: { type: 'string', description: 'How many products.', default: '10' },
    place: { type: 'string', description: 'Place whose prices and stock hold.' },
    filter: { type: 'string', description: 'A condition that every product fulfils.', valueHint: 'condition' },
  },
  async run({ args, output }) {
    const count = numberFlag('count', args.count, { min: 1, max: 1000 })!;
    if (!Number.isInteger(count)) {
      throw new ShelfwiseError('SW_USAGE', `--count: expected a whole number, got ${args.count}.`, 'Correct the flag.');
    }
    await using shop = await openShopFor(output, args.shop);
    const item = String(args.item);
    if (!(await shop.product(item))) {
      const message = `similar: expected a product of the catalogue, got "${item}".`;
      throw new ShelfwiseError('SW_NOT_FOUND', message, 'Name one by its id.');
    }
    const answer = await shop.recommend({
      ...{ viewing: [item], order: 'similar', count, explain: false },
      ...(args.place !== undefined && { place: args.place }),
      ...(args.filter !== undefined && { filter: args.filter }),
    });
    output.result(answer, () => slateText(answer, false));
  },
});
