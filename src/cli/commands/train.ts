/** `shelfwise train`: fits the base models and the choice between them, and makes them the current generation. */
import type { CommandDef } from 'citty';
import { expectation } from '../../engine/training-memory.ts';
import type { RerankReport, TrainingReport } from '../../engine/training-report.ts';
import type { TunedMember } from '../../engine/tuned-settings.ts';
import { command, numberFlag } from '../command.ts';
import { openShopFor } from '../open-shop.ts';
import { duration, table } from '../output.ts';

export const trainCommand: CommandDef = command({
  name: 'train',
  description: 'Train the models of a shop on its events.',
  args: {
    shop: { type: 'string', description: 'Folder of the shop.', default: './shop', valueHint: 'dir' },
    only: { type: 'string', description: 'Base models to use, by name, separated by commas.', valueHint: 'names' },
    seed: { type: 'string', description: 'Seed of every random draw.' },
    threads: { type: 'string', description: 'Worker threads; all cores by default.' },
    tune: {
      type: 'boolean',
      description: 'Choose the settings of the base models on visits held back; they stay until the next --tune.',
    },
    force: { type: 'boolean', description: 'Train even if nothing changed since the last time.' },
  },
  async run({ args, output, signal }) {
    const seed = numberFlag('seed', args.seed, { min: 0 });
    const threads = numberFlag('threads', args.threads, { min: 1, max: 256 });
    await using shop = await openShopFor(output, args.shop, threads === undefined ? {} : { threads });
    const progress = output.progress('train');
    const report = await shop.train({
      signal,
      force: args.force === true,
      tune: args.tune === true,
      ...(seed !== undefined && { seed }),
      ...(args.only !== undefined && { models: args.only.split(',').map((name) => name.trim()) }),
      onProgress: (share, note) => {
        if (note?.startsWith(expectation)) output.note(note);
        progress.update(share, note);
      },
    });
    progress.done();
    output.result(report, () => trainingText(report));
  },
});

/** A training as a person reads it in a terminal. */
export function trainingText(report: TrainingReport): string {
  const { events, people, items } = report.data;
  const { cases, since, metrics, intervals } = report.validation;
  const number = (value: number): string => value.toLocaleString('en');
  const lines = [
    report.unchanged
      ? `Nothing changed since generation ${report.generation}; --force trains all the same.`
      : `Generation ${report.generation}: ${number(events)} events of ${number(people)} ${people === 1 ? 'person' : 'people'} with ${number(items)} products, ${duration(report.seconds)}.`,
  ];
  if (report.sealed > 0) lines.push(`${number(report.sealed)} older events are sealed now.`);
  lines.push(...tunedLines(report.tuned ?? []));
  const longest = report.unchanged ? [] : Object.entries(report.parts).filter(([, seconds]) => seconds >= 1);
  if (longest.length > 0)
    lines.push(
      `Of that ${longest
        .slice(0, 5)
        .map(([part, seconds]) => `${part} ${duration(seconds)}`)
        .join(', ')}; at most ${Math.round(report.peakMemoryBytes / 2 ** 20)} MiB.`,
    );
  lines.push(...report.smaller);
  for (const reason of report.models.skipped) lines.push(`Left out: ${reason}`);
  if (report.models.carried.length > 0) lines.push(`As in the generation before: ${report.models.carried.join(', ')}.`);
  if (cases === 0)
    return [...lines, '', 'Too few visits to hold any back: nothing was measured, and models count alike.'].join('\n');
  lines.push('', `On ${number(cases)} visits since ${since?.slice(0, 10)}, by models that saw nothing of them:`, '');
  const keys = Object.keys(metrics['selection'] ?? {});
  const rows = Object.entries(metrics).map(([name, values]) => [
    name,
    ...keys.map((key) => (values[key] ?? 0).toFixed(4)),
  ]);
  lines.push(table(['model', ...keys], rows));
  const [low, high] = intervals[keys.at(-1)!] ?? [0, 0];
  lines.push('', `${keys.at(-1)} of selection: 95% interval [${low.toFixed(4)}, ${high.toFixed(4)}].`);
  if (report.rerank) lines.push('', rerankText(report.rerank));
  return lines.join('\n');
}

function tunedLines(members: readonly TunedMember[]): string[] {
  const better = members.filter(({ figure, before }) => figure > before);
  const kept = members.length - better.length;
  return [
    ...better.map(({ model, given, chosen, metric, figure, before }) => {
      const changed = Object.entries(chosen).filter(([name]) => !(name in given));
      const values = changed.map(([name, value]) => `${name} ${value}`).join(', ');
      return `Settings of ${model}: ${values} (${metric} ${figure.toFixed(4)}, before ${before.toFixed(4)}).`;
    }),
    ...(kept > 0 ? [`Settings of ${kept} of ${members.length} models stay: nothing better was found.`] : []),
  ];
}

/** What a reranker was found to be worth. */
export function rerankText(rerank: RerankReport): string {
  if (rerank.weight === undefined)
    return `Re-rank${rerank.reranker === undefined ? '' : ` by ${rerank.reranker}`}: nothing could be learned of it: ${rerank.missed}`;
  const { reranker, top, weight, likeliest, cases, answered, gain, ms } = rerank;
  const sign = gain.mean >= 0 ? '+' : '';
  const [low, high] = gain.interval;
  return [
    `Re-rank of the first ${top} by ${reranker}, asked about ${answered} of ${cases} visits (p50 ${ms.p50.toFixed(0)} ms, p99 ${ms.p99.toFixed(0)} ms):`,
    `NDCG@10 ${rerank.without.toFixed(4)} without, ${rerank.with.toFixed(4)} with: ${sign}${gain.mean.toFixed(4)} [${low.toFixed(4)}, ${high.toFixed(4)}].`,
    weight > 0
      ? `It pays: its weight is ${weight.toFixed(3)}.`
      : `It does not pay: its weight is 0 (the likeliest would be ${likeliest.toFixed(3)}), and it is not asked.`,
  ].join('\n');
}
