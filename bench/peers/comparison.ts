/** What every comparison prints, and how its rounds are summed up. */
import { cpus, totalmem } from 'node:os';

export interface BenchResult {
  readonly name: string;
  readonly machine: string;
  /** Ours, by name with its unit. */
  readonly figures: Readonly<Record<string, number>>;
  /** Each peer's figures by the same names, or why it was skipped. */
  readonly peers: Readonly<Record<string, Readonly<Record<string, number>> | string>>;
  /** Ours over the peer's seconds; below 1 we are faster. */
  readonly ratios: Readonly<Record<string, number>>;
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

/** One JSON document with `--json`, a table of lines without. */
export function print(result: BenchResult, json: boolean): void {
  if (json) {
    console.log(JSON.stringify(result));
    return;
  }
  const line = (figures: Readonly<Record<string, number>>): string =>
    Object.entries(figures)
      .map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`)
      .join('  ');
  console.log(`${result.name} on ${result.machine}`);
  console.log(`  shelfwise  ${line(result.figures)}`);
  for (const [peer, figures] of Object.entries(result.peers)) {
    console.log(`  ${peer}  ${typeof figures === 'string' ? figures : line(figures)}`);
  }
  console.log(`  ours over theirs  ${line(result.ratios)}`);
}

/** `$SHELFWISE_DATA/NAME`. */
export function dataPath(name: string): string {
  const data = process.env['SHELFWISE_DATA'];
  if (!data) throw new Error(`Set SHELFWISE_DATA to the folder that holds ${name}.`);
  return `${data}/${name}`;
}
