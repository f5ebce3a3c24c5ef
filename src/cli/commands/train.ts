/** `shelfwise train`: fits the base models and the choice between them, and makes them the current generation. */
import type { CommandDef } from 'citty';
import type { TrainingReport } from '../../engine/training.ts';
import { openShop } from '../../index.ts';
import { command, numberFlag } from '../command.ts';
import { duration, table } from '../output.ts';

export const trainCommand: CommandDef = command({
  name: 'train',
  description: 'Train the models of a shop on its events.',
  args: {
    shop: { type: 'string', description: 'Folder of the shop.', default: './shop', valueHint: 'dir' },
    only: { type: 'string', description: 'Base models to use, by name, separated by commas.', valueHint: 'names' },
    seed: { type: 'string', description: 'Seed of every random draw.' },
    threads: { type: 'string', description: 'Worker threads; all cores by default.' },
    force: { type: 'boolean', description: 'Train even if nothing changed since the last time.' },
  },
  async run({ args, output, signal }) {
    const seed = numberFlag('seed', args.seed, { min: 0 });
    const threads = numberFlag('threads', args.threads, { min: 1, max: 256 });
    await using shop = await openShop(args.shop, threads === undefined ? {} : { threads });
    const progress = output.progress('train');
    const report = await shop.train({
      signal,
      force: args.force === true,
      ...(seed !== undefined && { seed }),
      ...(args.only !== undefined && { models: args.only.split(',').map((name) => name.trim()) }),
      onProgress: (share, note) => progress.update(share, note),
    });
    progress.done();
    output.result(report, () => trainingText(report));
  },
});

export function trainingText(report: TrainingReport): string {
  const { events, people, items } = report.data;
  const lines: string[] = [];
  if (report.unchanged) lines.push(`Nothing changed since generation ${report.generation}; --force trains all the same.`);
  else lines.push(`Generation ${report.generation}: ${events} events, ${people} people, ${items} products, ${duration(report.seconds)}.`);
  lines.push('');
  lines.push(`On the newest ${report.validation.cases} sessions, none of them seen by the models below:`);
  const metrics = Object.keys(report.validation.metrics['selection'] ?? {});
  const rows = Object.entries(report.validation.metrics).map(([name, values]) => [name, ...metrics.map((m) => (values[m] ?? 0).toFixed(4))]);
  lines.push(table(['model', ...metrics], rows));
  return lines.join('\n');
}
