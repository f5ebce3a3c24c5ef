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
import { createReadStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs, promisify } from 'node:util';
import { createGunzip } from 'node:zlib';

const run = promisify(execFile);
const root = new URL('..', import.meta.url).pathname;
const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000000' },
    rounds: { type: 'string', default: '1' },
    keep: { type: 'string' },
    json: { type: 'boolean' },
    part: { type: 'string' },
    file: { type: 'string' },
  },
});

interface Figures {
  readonly rows: number;
  readonly seconds: number;
  /** Of all threads: what the machine's other work does not change. */
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
}

/** Writes the repeated file; returns its number of rows. */
async function writeRepeated(target: string, rows: number): Promise<number> {
  const data = process.env['SHELFWISE_DATA'];
  if (!data) throw new Error('Set SHELFWISE_DATA to the folder with online-retail.');
  const source = createReadStream(join(data, 'online-retail', 'online_retail.csv.gz')).pipe(createGunzip());
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
function measured(command: string, args: readonly string[]): Promise<Figures> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(out.trim().split('\n').at(-1)!) as Figures);
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
    const steps = Object.fromEntries(report.steps.map(({ step, matched, acted }) => [step, [matched, acted]]));
    print({
      rows: report.rowsRead,
      seconds,
      cpuSeconds: cpuSeconds(),
      peakMegabytes: peak(),
      events: report.eventsKept,
      steps,
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
  print({ rows: row!.n, seconds, cpuSeconds: cpuSeconds(), peakMegabytes: peak() });
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
    process.stderr.write(
      `pandas: skipped, because it cannot be installed (${(error as Error).message.split('\n')[0]}).\n`,
    );
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

function print(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document)}\n`);
}

function median(figures: readonly Figures[]): Figures {
  const sorted = [...figures].sort((a, b) => a.seconds - b.seconds);
  return sorted[Math.floor(sorted.length / 2)]!;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'import-speed-'));
  const file = flags.keep ?? join(folder, 'repeated.csv');
  try {
    if (!existsSync(file)) await writeRepeated(file, Number(flags.rows));
    const self = import.meta.filename;
    const python = await pandasPython();
    const ours: Figures[] = [];
    const duckdb: Figures[] = [];
    const pandas: Figures[] = [];
    for (let round = 0; round < Number(flags.rounds); round++) {
      ours.push(await measured(process.execPath, [self, '--part', 'import', '--file', file]));
      duckdb.push(await measured(process.execPath, [self, '--part', 'duckdb', '--file', file]));
      if (python) pandas.push(await measured(python, ['-c', pandasScript, file]));
    }
    const figures = median(ours);
    const peers = { duckdbToParquet: median(duckdb), ...(pandas.length > 0 && { pandasReadCsv: median(pandas) }) };
    const perSecond = (f: Figures): number => f.rows / f.seconds;
    print({
      name: 'import-speed',
      machine: {
        cpu: cpus()[0]?.model,
        cores: cpus().length,
        memoryGigabytes: Math.round(totalmem() / 2 ** 30),
        node: process.version,
        shelfwise: (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version,
      },
      figures: {
        ...figures,
        rowsPerSecond: Math.round(perSecond(figures)),
        fileMegabytes: Math.round(statSync(file).size / 1e6),
      },
      peers: Object.fromEntries(
        Object.entries(peers).map(([name, peer]) => [name, { ...peer, rowsPerSecond: Math.round(perSecond(peer)) }]),
      ),
      ratios: Object.fromEntries(
        Object.entries(peers).flatMap(([name, peer]) => [
          [`rowsPerSecond over ${name}`, Number((perSecond(figures) / perSecond(peer)).toFixed(3))],
          [`cpuSeconds over ${name}`, Number((figures.cpuSeconds / peer.cpuSeconds).toFixed(3))],
        ]),
      ),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (flags.part === 'import') await importPart(flags.file!);
else if (flags.part === 'duckdb') await duckdbPart(flags.file!);
else await main();
