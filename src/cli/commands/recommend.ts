/** `shelfwise recommend`: one slate, with its reasons on request. */
import type { CommandDef } from 'citty';
import { ShelfwiseError } from '../../core/errors.ts';
import { formatMoney } from '../../core/money.ts';
import type { Recommendation, RecommendRequest } from '../../engine/recommendation.ts';
import { type SlateOrder, slateOrders } from '../../engine/scenario.ts';
import { command, numberFlag, timeFlag } from '../command.ts';
import { openShopFor } from '../open-shop.ts';
import { table } from '../output.ts';

export const recommendCommand: CommandDef = command({
  name: 'recommend',
  description: 'Choose a slate for a shopper.',
  args: {
    shop: { type: 'string', description: 'Folder of the shop.', default: './shop', valueHint: 'dir' },
    user: { type: 'string', description: 'Customer id.' },
    visitor: { type: 'string', description: 'Anonymous visitor id.' },
    item: { type: 'string', description: 'A product the shopper looks at; may be given several times.' },
    cart: { type: 'string', description: 'A product in the cart; may be given several times.' },
    exclude: { type: 'string', description: 'A product to leave out; may be given several times.' },
    count: { type: 'string', description: 'How many products.', default: '10' },
    place: { type: 'string', description: 'Place whose prices and stock hold.' },
    at: { type: 'string', description: 'As if it were that moment; now where absent.', valueHint: 'time' },
    scenario: { type: 'string', description: 'Where in the store the slate will stand: home, product, cart ...' },
    order: {
      type: 'enum',
      options: [...slateOrders],
      description: 'In which order; that of the scenario where absent.',
    },
    filter: { type: 'string', description: 'A condition that every product fulfils.', valueHint: 'condition' },
    after: { type: 'string', description: 'The `next` of an answer: the page that follows it.' },
    device: { type: 'string', description: 'What the shopper holds: phone, desktop ...' },
    page: { type: 'string', description: 'Where on the store the slate will stand.' },
    text: { type: 'string', description: 'What the shopper typed.' },
    deadline: { type: 'string', description: 'Time for the answer; none where absent.', valueHint: 'ms' },
    explain: { type: 'boolean', description: 'Say why each product is there.' },
    language: { type: 'enum', options: ['en', 'zh'], description: 'Language of the reasons.', default: 'en' },
  },
  async run({ args, repeated, output }) {
    const count = numberFlag('count', args.count, { min: 1, max: 1000 })!;
    if (!Number.isInteger(count)) {
      throw new ShelfwiseError('SW_USAGE', `--count: expected a whole number, got ${args.count}.`, 'Correct the flag.');
    }
    const deadlineMs = numberFlag('deadline', args.deadline, { min: 0.001, max: 3_600_000 });
    const request: RecommendRequest = {
      ...(args.user !== undefined && { user: args.user }),
      ...(args.visitor !== undefined && { visitor: args.visitor }),
      ...(args.place !== undefined && { place: args.place }),
      ...(args.device !== undefined && { device: args.device }),
      ...(args.page !== undefined && { page: args.page }),
      ...(args.text !== undefined && { text: args.text }),
      ...(args.scenario !== undefined && { scenario: args.scenario }),
      ...(args.order !== undefined && { order: args.order as SlateOrder }),
      ...(args.filter !== undefined && { filter: args.filter }),
      ...(args.after !== undefined && { after: args.after }),
      ...(deadlineMs !== undefined && { deadlineMs }),
      viewing: repeated('item'),
      cart: repeated('cart'),
      exclude: repeated('exclude'),
      count,
      explain: args.explain === true,
      language: args.language as 'en' | 'zh',
    };
    const at = timeFlag('at', args.at);
    await using shop = await openShopFor(output, args.shop, at === undefined ? {} : { now: () => at });
    const slate = await shop.recommend(request);
    output.result(slate, () => slateText(slate, args.explain === true));
  },
});

/** A slate as a person reads it in a terminal. */
export function slateText(slate: Recommendation, explain: boolean): string {
  const rows = slate.items.map((item, place) => [
    place + 1,
    item.productId,
    item.title.length > 48 ? `${item.title.slice(0, 47)}…` : item.title,
    item.priceMinor === undefined ? '' : formatMoney(item.priceMinor, item.currency ?? ''),
    item.probability === undefined ? '' : `${(item.probability * 100).toFixed(2)}%`,
  ]);
  const lines = [table(['#', 'product', 'title', 'price', 'chance'], rows)];
  if (explain) {
    lines.push('');
    for (const [place, item] of slate.items.entries()) {
      const sentences = item.reasons
        .map((reason) => reason.text)
        .join(' ')
        .replaceAll('。 ', '。');
      lines.push(`${String(place + 1).padStart(2)}. ${item.sentence ?? (sentences || 'No single reason stands out.')}`);
    }
  }
  lines.push('');
  const trained = slate.generation === undefined ? 'not trained' : `generation ${slate.generation}`;
  lines.push(`For ${slate.basis}; ${slate.candidates} candidates, ${trained}, ${slate.ms.toFixed(0)} ms.`);
  if (slate.rerank?.status === 'used')
    lines.push(
      `Re-ranked by ${slate.rerank.model}${slate.rerank.cached ? ', from memory' : ''}, ${slate.rerank.ms.toFixed(0)} ms.`,
    );
  if (slate.rerank?.status === 'unused') lines.push(`Not re-ranked: ${slate.rerank.text}`);
  if (slate.sentences && slate.sentences.written > 0)
    lines.push(`Sentences by ${slate.sentences.model}: ${slate.sentences.written} of ${slate.items.length}.`);
  for (const { text } of slate.fellBack) lines.push(`Fell back: ${text}`);
  return lines.join('\n');
}
