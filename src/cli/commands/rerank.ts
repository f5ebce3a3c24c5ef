/** `shelfwise rerank --ahead`: asks the reranker about people who are likely to return, before they do. */
import type { CommandDef } from 'citty';
import { ShelfwiseError } from '../../core/errors.ts';
import type { RerankAheadReport } from '../../engine/rerank-ahead.ts';
import { rerankReasons } from '../../selection/rerank/reranker.ts';
import { command, numberFlag } from '../command.ts';
import { openShopFor } from '../open-shop.ts';
import { duration } from '../output.ts';

export const rerankCommand: CommandDef = command({
  name: 'rerank',
  description: 'Ask the reranker ahead of time, and keep what it says until the shopper does something new.',
  args: {
    shop: { type: 'string', description: 'Folder of the shop.', default: './shop', valueHint: 'dir' },
    ahead: { type: 'boolean', description: 'About customers who are likely to return.' },
    people: { type: 'string', description: 'Customers at most, the likeliest first.', default: '1000' },
    scenario: { type: 'string', description: 'Where in the store their slates will stand; home where absent.' },
  },
  async run({ args, output, signal }) {
    if (args.ahead !== true) {
      const message = 'rerank: expected --ahead, got nothing to do.';
      throw new ShelfwiseError('SW_USAGE', message, 'Requests are re-ranked by themselves; this prepares them.');
    }
    const people = numberFlag('people', args.people, { min: 1, max: 1e9 })!;
    if (!Number.isInteger(people)) {
      const message = `--people: expected a whole number, got ${args.people}.`;
      throw new ShelfwiseError('SW_USAGE', message, 'Correct the flag.');
    }
    await using shop = await openShopFor(output, args.shop);
    const progress = output.progress('rerank');
    const report = await shop.rerankAhead({
      ...{ people, signal, onProgress: (share, note) => progress.update(share, note) },
      ...(args.scenario !== undefined && { scenario: args.scenario }),
    });
    progress.done();
    output.result(report, () => aheadText(report));
  },
});

function aheadText({ people, asked, known, missed, model, seconds }: RerankAheadReport): string {
  const number = (value: number): string => value.toLocaleString('en');
  return [
    `${number(people)} customers, the likeliest to return first: asked about ${number(asked)}, ${number(known)} were known, ${duration(seconds)}.`,
    ...(model === undefined ? [] : [`By ${model}.`]),
    ...Object.entries(missed).map(
      ([reason, count]) => `Missed ${number(count)}: ${rerankReasons[reason as keyof typeof rerankReasons]}`,
    ),
  ].join('\n');
}
