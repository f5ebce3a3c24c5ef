/** The card of a trained generation: a page of Markdown beside its files, for people. */
import type { GenerationRecord } from './generation.ts';
import type { TrainingReport } from './training-report.ts';

export function modelCard(
  record: GenerationRecord,
  { data, validation, models }: Omit<TrainingReport, 'generation'>,
  learned: Readonly<Record<string, unknown>>,
): string {
  const keys = Object.keys(Object.values(validation.metrics)[0] ?? {});
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rows = Object.entries(validation.metrics).map(([name, figures]) =>
    row([name, ...keys.map((key) => figures[key]!.toFixed(4))]),
  );
  const measured = [
    `On ${validation.cases} visits since ${validation.since ?? '?'}, by models that saw nothing of them:`,
    '',
    row(['model', ...keys]),
    row(['---', ...keys.map(() => '---:')]),
    ...rows,
  ];
  return `${[
    '# Learned choice over base models',
    '',
    `Trained ${record.trained} by Shelfwise ${record.version}, seed ${record.seed}.`,
    `Data: ${data.events} events of ${data.people} people with ${data.items} products; hash ${record.dataHash}.`,
    `It foresees: ${record.targetKinds.join(', ')}. Form of the choice: ${String(learned['form'])}.`,
    `Base models: ${models.used.join(', ')}.`,
    ...models.skipped.map((reason) => `Left out: ${reason}`),
    '',
    '## Measured',
    '',
    ...(validation.cases > 0 ? measured : ['Too few visits to hold any back: not measured, and models count alike.']),
    '',
    '## Limits',
    '',
    'It knows the products of the catalogue as it was trained, and later ones by what the catalogue says of them, as many as rows wait for; others follow after these until the next training. It knows people by a random key only.',
  ].join('\n')}\n`;
}
