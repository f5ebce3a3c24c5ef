/** The `shelfwise` command: finds the subcommand, shows help, and leaves the exit code. */
import { readFileSync } from 'node:fs';
import { type CommandDef, defineCommand, renderUsage, runCommand } from 'citty';
import { ShelfwiseError } from '../core/errors.ts';
import { Output } from './output.ts';

const commands: Record<string, () => Promise<CommandDef>> = {
  import: () => import('./commands/import.ts').then((m) => m.importCommand),
  train: () => import('./commands/train.ts').then((m) => m.trainCommand),
  rollback: () => import('./commands/rollback.ts').then((m) => m.rollbackCommand),
  similar: () => import('./commands/similar.ts').then((m) => m.similarCommand),
  graph: () => import('./commands/graph.ts').then((m) => m.graphCommand),
  recommend: () => import('./commands/recommend.ts').then((m) => m.recommendCommand),
  rerank: () => import('./commands/rerank.ts').then((m) => m.rerankCommand),
  evaluate: () => import('./commands/evaluate.ts').then((m) => m.evaluateCommand),
  events: () => import('./commands/events.ts').then((m) => m.eventsCommand),
  serve: () => import('./commands/serve.ts').then((m) => m.serveCommand),
  key: () => import('./commands/key.ts').then((m) => m.keyCommand),
  demo: () => import('./commands/demo.ts').then((m) => m.demoCommand),
  doctor: () => import('./commands/doctor.ts').then((m) => m.doctorCommand),
};

const version: string = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;

const shelfwise = defineCommand({
  meta: { name: 'shelfwise', version, description: 'Decides what goes on the shelf of an online store.' },
  subCommands: commands,
});

async function main(rawArgs: readonly string[]): Promise<void> {
  const [name, ...rest] = rawArgs;
  if (rawArgs.length === 1 && (name === '--version' || name === '-v')) {
    process.stdout.write(`${version}\n`);
    return;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(`${await renderUsage(shelfwise)}\n`);
    return;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!load) {
    const names = Object.keys(commands).join(', ');
    throw new ShelfwiseError('SW_USAGE', `shelfwise: no command "${name}".`, `The commands are ${names}.`);
  }
  const found = await load();
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(`${await renderUsage(found, shelfwise)}\n`);
    return;
  }
  await runCommand(found, { rawArgs: rest });
}

const rawArgs: readonly string[] = process.argv.slice(2);
try {
  await main(rawArgs);
} catch (error) {
  const usage =
    error instanceof Error && error.name === 'CLIError'
      ? new ShelfwiseError('SW_USAGE', `${error.message}.`, 'See --help.')
      : error;
  process.exitCode = new Output(rawArgs.includes('--json')).failure(usage);
}
