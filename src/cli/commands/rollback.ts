/** `shelfwise rollback`: lets a generation answer that was trained before. */
import type { CommandDef } from 'citty';
import { command, numberFlag } from '../command.ts';
import { openShopFor } from '../open-shop.ts';

export const rollbackCommand: CommandDef = command({
  name: 'rollback',
  description: 'Go back to a generation that was trained before.',
  args: {
    shop: { type: 'string', description: 'Folder of the shop.', default: './shop', valueHint: 'dir' },
    to: { type: 'string', description: 'Number of the generation; the one before the current by default.' },
  },
  async run({ args, output }) {
    const to = numberFlag('to', args.to, { min: 1 });
    await using shop = await openShopFor(output, args.shop);
    const done = await shop.rollback(to);
    const from = done.from === undefined ? '' : ` in place of ${done.from}`;
    output.result(done, () => `Generation ${done.to} answers${from}. The next training makes a new one.`);
  },
});
