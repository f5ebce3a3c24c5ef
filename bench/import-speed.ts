/**
 * Import rows a second and peak memory on Online Retail repeated to ten million rows, beside DuckDB's bare reading of the
 * same file to Parquet and pandas' reading of it to a frame. Neither peer cleans, pairs or keeps quarantine: the ratios
 * say what the whole import costs over reading alone.
 *
 * Every repetition shifts the dates by a year and gives its invoices, customers and rows names of their own, so that no row is a
 * duplicate of another repetition's.
 *
 * node bench/import-speed.ts [--rows 10000000] [--rounds 1] [--keep FILE]
 */
import { execFile, spawn } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';
import { benchFlags, dataPath, print } from './peers/comparison.ts';

const run = promisify(execFile);
const root = new URL('..', import.meta.url).pathname;
const flags = benchFlags({
  rows: { type: 'string', default: '10000000' },
  rounds: { type: 'string', default: '1' },
  keep: { type: 'string' },
  part: { type: 'string' },
  file: { type: 'string' },
});

interface Part {
  readonly rows: number;
  readonly seconds: number;
  /** Of all threads: what the machine's other work does not change. */
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
}

/** Writes the repeated file; returns its number of rows. */
async function writeRepeated(target: string, rows: number): Promise<number> {
  const source = createReadStream(dataPath('online-retail/online_retail.csv.gz')).pipe(createGunzip());
  const lines: string[] = [];
  for await (const line of createInterface({ input: source })) if (line !== '') lines.push(line);
  const header = lines.shift()!;
  const file = await open(target, 'w');
  await file.write(`${header}\n`);
  let written = 0;
  for (let repeat = 0; written < rows; repeat++) {
    let part: string[] = [];
    for (const line of lines) {
      if (written === rows) break;
      part.push(shifted(line, repeat));
      written++;
      if (part.length === 20_000) {
        await file.write(`${part.join('\n')}\n`);
        part = [];
      }
    }
    if (part.length > 0) await file.write(`${part.join('\n')}\n`);
  }
  await file.close();
  return written;
}

const linePattern = /^(C|A)?(\d+),(.*),(20\d\d)(-\d\d-\d\d \d\d:\d\d:\d\d),([^,]*),(\d*)(\.0)?,([^,]*)$/;

function shifted(line: string, repeat: number): string {
  const match = linePattern.exec(line);
  if (!match || repeat === 0) return line;
  const [, letter = '', invoice, middle, year, rest, price, customer, , country] = match;
  const back = Number(year) - repeat;
  const day = rest!.startsWith('-02-29') ? rest!.replace('-02-29', '-02-28') : rest!;
  const who = customer === '' ? '' : `${Number(customer) + repeat * 100_000}.0`;
  return `${letter}${Number(invoice) + repeat * 1_000_000},${middle},${back}${day},${price},${who},${country}`;
}

/** Runs one part in a process of its own and reads its peak memory from the system. */
function measured(command: string, args: readonly string[]): Promise<Part> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(out.trim().split('\n').at(-1)!) as Part);
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}.`));
    });
  });
}

async function importPart(file: string): Promise<void> {
  const { openShop } = await import('../src/index.ts');
  const folder = mkdtempSync(join(tmpdir(), 'import-shop-'));
  const started = performance.now();
  try {
    const shop = await openShop(join(folder, 'shop'));
    const report = await shop.importFile(file, {
      onProgress: ({ phase, rows }) => {
        if (process.env['SHELFWISE_TRACE'])
          process.stderr.write(`${((performance.now() - started) / 1000).toFixed(1)} ${phase} ${rows}\n`);
      },
    });
    await shop.close();
    const seconds = (performance.now() - started) / 1000;
    answer({
      rows: report.rowsRead,
      seconds,
      cpuSeconds: cpuSeconds(),
      peakMegabytes: peak(),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function duckdbPart(file: string): Promise<void> {
  const { openDuckdb } = await import('../src/adapters/duckdb/analytics.ts');
  const folder = mkdtempSync(join(tmpdir(), 'import-duckdb-'));
  const analytics = await openDuckdb();
  const started = performance.now();
  const target = join(folder, 'rows.parquet');
  await analytics.execute(`COPY (SELECT * FROM read_csv('${file}', header = true)) TO '${target}' (FORMAT parquet)`);
  const seconds = (performance.now() - started) / 1000;
  const [row] = await analytics.rows<{ n: number }>(`SELECT count(*) AS n FROM read_parquet('${target}')`);
  await analytics.close();
  rmSync(folder, { recursive: true, force: true });
  answer({ rows: row!.n, seconds, cpuSeconds: cpuSeconds(), peakMegabytes: peak() });
}

const pandasScript = `
import json, resource, sys, time
import pandas
t = time.perf_counter()
frame = pandas.read_csv(sys.argv[1], dtype={'InvoiceNo': str, 'StockCode': str}, parse_dates=['InvoiceDate'])
s = time.perf_counter() - t
u = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({'rows': len(frame), 'seconds': s, 'cpuSeconds': u.ru_utime + u.ru_stime, 'peakMegabytes': u.ru_maxrss / 1024}))
`;

/** Python with pandas in bench/.peers; undefined where it cannot be installed. */
async function pandasPython(): Promise<string | undefined> {
  const folder = join(root, 'bench', '.peers', 'pandas');
  const python = join(folder, 'bin', 'python');
  if (existsSync(join(folder, 'ready'))) return python;
  try {
    mkdirSync(join(root, 'bench', '.peers'), { recursive: true });
    await run('python3', ['-m', 'venv', folder]);
    await run(python, ['-m', 'pip', 'install', '--quiet', 'pandas']);
    await (await open(join(folder, 'ready'), 'w')).close();
    return python;
  } catch (error) {
    process.stderr.write(`pandas: ${(error as Error).message.split('\n')[0]}\n`);
    return undefined;
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function peak(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}

function answer(part: Part): void {
  process.stdout.write(`${JSON.stringify(part)}\n`);
}

/** The round of median time. */
function middle(rounds: readonly Part[]): Part & { readonly rowsPerSecond: number } {
  const sorted = [...rounds].sort((a, b) => a.seconds - b.seconds);
  const part = sorted[Math.floor(sorted.length / 2)]!;
  return { ...part, rowsPerSecond: Math.round(part.rows / part.seconds) };
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'import-speed-'));
  const file = flags.keep ?? join(folder, 'repeated.csv');
  try {
    if (!existsSync(file)) await writeRepeated(file, Number(flags.rows));
    const self = import.meta.filename;
    const python = await pandasPython();
    const ours: Part[] = [];
    const duckdb: Part[] = [];
    const pandas: Part[] = [];
    for (let round = 0; round < Number(flags.rounds); round++) {
      ours.push(await measured(process.execPath, [self, '--part', 'import', '--file', file]));
      duckdb.push(await measured(process.execPath, [self, '--part', 'duckdb', '--file', file]));
      if (python) pandas.push(await measured(python, ['-c', pandasScript, file]));
    }
    const figures = { ...middle(ours), fileMegabytes: Math.round(statSync(file).size / 1e6) };
    const bare = middle(duckdb);
    const frame = pandas.length > 0 ? middle(pandas) : undefined;
    const over = (name: string, peer: typeof bare): [string, number][] => [
      [`rows per second over ${name}`, figures.rowsPerSecond / peer.rowsPerSecond],
      [`cpu seconds over ${name}`, figures.cpuSeconds / peer.cpuSeconds],
      [`peak memory over ${name}`, figures.peakMegabytes / peer.peakMegabytes],
    ];
    print(
      {
        name: 'import-speed',
        figures,
        peers: {
          'duckdb, csv to parquet': { ...bare },
          'pandas, read_csv': frame ? { ...frame } : 'skipped, because pandas cannot be installed',
        },
        ratios: Object.fromEntries([...over('duckdb', bare), ...(frame ? over('pandas', frame) : [])]),
      },
      flags,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (flags.part === 'import') await importPart(flags.file!);
else if (flags.part === 'duckdb') await duckdbPart(flags.file!);
else await main();
