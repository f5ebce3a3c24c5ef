/** What every comparison prints, and how its rounds are summed up. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

export type Figures = Readonly<Record<string, number>>;

export interface BenchResult {
  readonly name: string;
  /** The command that makes these figures. */
  readonly command: string;
  readonly machine: string;
  /** Ours, by name with its unit. */
  readonly figures: Figures;
  /** Each peer's figures by the same names, or why it was skipped. */
  readonly peers: Readonly<Record<string, Figures | string>>;
  /** Ours over the peer's, of the same work in the same run; of seconds, below 1 means that we are faster. */
  readonly ratios: Figures;
  /** 95% intervals of figures and of paired differences, by their names. */
  readonly intervals?: Readonly<Record<string, readonly [low: number, high: number]>>;
}

const common = {
  json: { type: 'boolean', default: false },
  save: { type: 'boolean', default: false },
} as const;

/** The comparison's own flags with those that all have: `--json`, and `--save` to keep the result in bench/results. */
export function benchFlags<Own extends ParseArgsOptionsConfig>(
  own: Own,
): ReturnType<typeof parseArgs<{ options: Own & typeof common }>>['values'] {
  return parseArgs({ options: { ...own, ...common } }).values;
}

export function machine(): string {
  const processors = cpus();
  return `${processors.length} x ${processors[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** One JSON document with `json`, a table of lines without; `save` keeps it for the README's table. */
export function print(
  measured: Omit<BenchResult, 'command' | 'machine'>,
  { json, save }: { readonly json?: boolean | undefined; readonly save?: boolean | undefined },
): void {
  const given = process.argv.slice(2).filter((flag) => flag !== '--json' && flag !== '--save');
  const command = ['npm run bench --', measured.name, ...given].join(' ');
  const { name, ...rest } = measured;
  const result: BenchResult = { name, command, machine: machine(), ...rest };
  if (save) {
    const folder = new URL('../results/', import.meta.url);
    mkdirSync(folder, { recursive: true });
    writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(result, undefined, 2)}\n`);
  }
  if (json) {
    console.log(JSON.stringify(result));
    return;
  }
  const line = (figures: Figures): string =>
    Object.entries(figures)
      .map(([key, value]) => `${key} ${Number(value.toPrecision(4))}`)
      .join('  ');
  console.log(`${name} on ${result.machine}`);
  console.log(`  shelfwise  ${line(result.figures)}`);
  for (const [peer, figures] of Object.entries(result.peers)) {
    console.log(`  ${peer}  ${typeof figures === 'string' ? figures : line(figures)}`);
  }
  console.log(`  ours over theirs  ${line(result.ratios)}`);
  for (const [key, [low, high]] of Object.entries(result.intervals ?? {}))
    console.log(`  ${key}  95% [${low.toPrecision(4)}, ${high.toPrecision(4)}]`);
}

/** `$SHELFWISE_DATA/NAME`. */
export function dataPath(name: string): string {
  const data = process.env['SHELFWISE_DATA'];
  if (!data) throw new Error(`Set SHELFWISE_DATA to the folder that holds ${name}.`);
  return `${data}/${name}`;
}
