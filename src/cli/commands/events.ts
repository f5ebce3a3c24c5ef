/** `shelfwise events`: counts the events that a filter means, and deletes them on request. */
import type { CommandDef } from 'citty';
import { ShelfwiseError } from '../../core/errors.ts';
import { type EventKind, eventKinds } from '../../data/events.ts';
import type { ShopEventFilter } from '../../engine/shop.ts';
import { command, timeFlag } from '../command.ts';
import { openShopFor } from '../open-shop.ts';

export const eventsCommand: CommandDef = command({
  name: 'events',
  description: 'Count the events that a filter means, or delete them.',
  args: {
    shop: { type: 'string', description: 'Folder of the shop.', default: './shop', valueHint: 'dir' },
    event: { type: 'string', description: 'An event id; may be given several times.', valueHint: 'id' },
    user: { type: 'string', description: 'Customer id.' },
    visitor: { type: 'string', description: 'Anonymous visitor id.' },
    product: { type: 'string', description: 'Product id.' },
    kind: { type: 'string', description: 'Kind of event; may be given several times.' },
    since: { type: 'string', description: 'From this time on (ISO 8601).', valueHint: 'time' },
    until: { type: 'string', description: 'Before this time (ISO 8601).', valueHint: 'time' },
    delete: { type: 'boolean', description: 'Delete them for ever.' },
  },
  async run({ args, repeated, output }) {
    const kinds = repeated('kind').map((kind) => {
      if (eventKinds.includes(kind as EventKind)) return kind as EventKind;
      const message = `--kind: expected one of ${eventKinds.join(', ')}, got "${kind}".`;
      throw new ShelfwiseError('SW_USAGE', message, 'Correct the flag.');
    });
    const eventIds = repeated('event');
    const [since, until] = [timeFlag('since', args.since), timeFlag('until', args.until)];
    const filter: ShopEventFilter = {
      ...(eventIds.length > 0 && { eventIds }),
      ...(kinds.length > 0 && { kinds }),
      ...(args.user !== undefined && { user: args.user }),
      ...(args.visitor !== undefined && { visitor: args.visitor }),
      ...(args.product !== undefined && { productId: args.product }),
      ...(since !== undefined && { since }),
      ...(until !== undefined && { until }),
    };
    await using shop = await openShopFor(output, args.shop);
    if (args.delete !== true) {
      const events = await shop.countEvents(filter);
      output.result({ events }, () => `${events.toLocaleString('en')} events; --delete deletes them for ever.`);
      return;
    }
    if (Object.keys(filter).length === 0) {
      const message = 'events --delete: expected a filter, got none.';
      throw new ShelfwiseError(
        'SW_USAGE',
        message,
        'Say which: --event, --user, --visitor, --product, --kind, --since, --until.',
      );
    }
    const deleted = await shop.deleteEvents(filter);
    const next = deleted > 0 ? ' Train again, so that nothing of them answers any more: shelfwise train' : '';
    output.result({ deleted }, () => `${deleted.toLocaleString('en')} events deleted.${next}`);
  },
});
