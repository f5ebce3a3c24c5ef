/**
 * Writes the parts of README.md that are printed by commands, between their marks: the measured tables from the results
 * in bench/results, and with `--demo` the block that `npm run demo -- --once` prints. With `--check` it only compares the
 * tables and fails where they differ.
 *
 * node tools/write-readme.ts [--demo | --check]
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchResult } from '../bench/peers/comparison.ts';
import { demoBlock } from './demo-block.ts';

/** Of the sizes that are measured. */
const stores = {
  S: '10,000 products, 200,000 events',
  M: '100,000 products, 2,000,000 events',
  L: '1,000,000 products, 4,000,000 events',
  T: '100,000 products, 10,000,000 events',
};

const root = fileURLToPath(new URL('..', import.meta.url));
const path = join(root, 'README.md');

const before = readFileSync(path, 'utf8');
let text = replaced(before, 'measured', measuredTables());
if (process.argv.includes('--demo')) text = replaced(text, 'demo', `\`\`\`\n${demoBlock()}\n\`\`\``);
if (!process.argv.includes('--check')) writeFileSync(path, text);
else if (text !== before) {
  console.error('README.md: its measured tables differ from bench/results. Run `npm run docs:readme`.');
  process.exitCode = 1;
}

function replaced(page: string, mark: string, content: string): string {
  const pattern = new RegExp(`(<!-- ${mark} -->\\n)[\\s\\S]*?(\\n<!-- end of ${mark} -->)`);
  if (!pattern.test(page)) throw new Error(`README.md: expected the marks of ${mark}, found none.`);
  return page.replace(pattern, (_, start: string, end: string) => `${start}${content}${end}`);
}

/** Undefined where the comparison was not saved: its rows are then left out. */
function result(name: string): BenchResult | undefined {
  const file = join(root, 'bench', 'results', `${name}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as BenchResult) : undefined;
}

function measuredTables(): string {
  const quality = result('selection-quality');
  const retail = result('online-retail');
  const faults = result('faults');
  const serving = result('serve-in-process');
  const http = result('serve-http');
  const kills = result('serve-kills');
  const gorse = result('gorse');
  const growth = result('train-growth');
  const texts = result('text-encoders');
  const cold = result('cold-start');
  const look = result('rerank');
  const news = result('new-product');
  const exports = result('exports');
  const step = result('train-step');
  const clicks = result('clicks');
  const sequences = result('sequence-models');
  const speeds = ['als-implicit', 'item-knn-implicit', 'ease-numpy', 'import-speed'].map(result);
  const there = [
    quality,
    retail,
    ...speeds,
    serving,
    http,
    kills,
    gorse,
    growth,
    exports,
    faults,
    cold,
    news,
    look,
    texts,
    sequences,
    step,
    clicks,
  ].filter((one) => one !== undefined);
  if (there.length === 0) throw new Error('bench/results: expected results, found none.');
  return [
    row('data and protocol', 'metric', 'selection', 'learned choice', 'best single model', 'rank fusion'),
    row('---', '---', '---:', '---:', '---:', '---:'),
    ...(quality
      ? [
          ...qualityRows(quality, 'Amazon Beauty, last item of 22,363 users, seen items masked', 'amazon-beauty'),
          ...qualityRows(quality, 'Gowalla, given test of 29,858 users, train items masked', 'gowalla'),
          ...qualityRows(quality, 'Diginetica, 60,858 next items of sessions', 'diginetica-sessions'),
        ]
      : []),
    ...(retail ? retailRows(retail) : []),
    '',
    'Intervals are of the figure itself, 95% over users or sessions; Δ is the learned choice minus the one of the column, paired.',
    '',
    row('work', 'ours', 'peer', 'ours over the peer'),
    row('---', '---:', '---:', '---:'),
    ...speedRows(speeds),
    '',
    ...(serving ? [...servingRows(serving), ''] : []),
    ...(http ? [...httpRows(http, kills), ''] : []),
    ...(gorse ? [...gorseRows(gorse), ''] : []),
    ...(growth ? [...growthRows(growth), ''] : []),
    ...(cold ? [...coldRows(cold), ''] : []),
    ...(news ? [...newRows(news), ''] : []),
    ...(look ? [...lookRows(look), ''] : []),
    ...(texts ? [...textRows(texts), ''] : []),
    ...(sequences ? [...sequenceRows(sequences), ''] : []),
    ...(step ? [...stepRows(step), ''] : []),
    ...(clicks ? [...clickRows(clicks), ''] : []),
    ...(exports ? [...exportRows(exports), ''] : []),
    ...(faults ? [...faultRows(faults), ''] : []),
    'Made by:',
    '',
    '```',
    ...there.map(({ command }) => `${command} --save`),
    '```',
    '',
    `On ${[...new Set(there.map(({ machine }) => machine))].join(', the last on ')}. Ratios are of one run on one machine, interleaved; of seconds and memory, below 1 is better.`,
  ].join('\n');
}

function qualityRows({ figures, peers, intervals = {} }: BenchResult, label: string, set: string): string[] {
  const keys = Object.keys(peers['best single'] as object).filter((key) => key.startsWith(`${set} `));
  return keys.map((key, n) => {
    const metric = key.slice(set.length + 1);
    const own = (one: string): string =>
      withInterval(figures[`${set} ${one} ${metric}`]!, intervals[`${set} ${one} ${metric}`]!);
    const rival = (one: string): string =>
      withDifference((peers[one] as Record<string, number>)[key]!, intervals[`${set} learned minus ${one} ${metric}`]!);
    return row(n === 0 ? label : '', metric, own('selection'), own('learned'), rival('best single'), rival('rrf'));
  });
}

function retailRows({ figures, peers, intervals = {} }: BenchResult): string[] {
  const singles = Object.keys(peers).filter((name) => name !== 'rrf' && name !== 'popularity');
  const value = (name: string, key: string): number => (peers[name] as Record<string, number>)[key]!;
  return ['Recall@20', 'NDCG@20'].map((key, n) => {
    const best = singles.reduce((a, b) => (value(b, key) > value(a, key) ? b : a));
    const own = (one: string): string => withInterval(figures[`${one} ${key}`]!, intervals[`${one} ${key}`]!);
    const rival = (one: string): string => withDifference(value(one, key), intervals[`learned minus ${one} ${key}`]!);
    const label = `Online Retail, ${figures['cases']!.toLocaleString('en')} visits from 2 November 2011`;
    return row(n === 0 ? label : '', key, own('selection'), own('learned'), rival(best), rival('rrf'));
  });
}

function sequenceRows({ figures, intervals = {} }: BenchResult): string[] {
  const names = Object.keys(figures).flatMap((key) => /^(.+) fit seconds$/.exec(key)?.[1] ?? []);
  const value = (name: string, key: string): string => {
    const spread = figures[`${name} ${key}, deviation`];
    if (spread !== undefined) return `${figures[`${name} ${key}`]!.toFixed(4)} ± ${spread.toFixed(4)}`;
    return withInterval(figures[`${name} ${key}`]!, intervals[`${name} ${key}`]!);
  };
  return [
    row('Amazon Beauty, last item of 22,363 users, seen items masked', 'HR@10', 'NDCG@10', 'seeds', 'fit; most memory'),
    row('---', '---:', '---:', '---:', '---:'),
    ...names.map((name) =>
      row(
        name,
        value(name, 'HR@10'),
        value(name, 'NDCG@10'),
        String(figures[`${name} seeds`]),
        `${Math.round(figures[`${name} fit seconds`]!)} s; ${Math.round(figures[`${name} peak MB`]!)} MB`,
      ),
    ),
  ];
}

function stepRows({ figures, peers, ratios }: BenchResult): string[] {
  const [name] = Object.keys(peers) as [string];
  const names = Object.keys(figures).filter((key) => /, (?:ms|s)$/.test(key));
  const theirs = peers[name];
  return [
    row('training a transformer on sequences, two threads each', 'ours', name, 'ours over the peer'),
    row('---', '---:', '---:', '---:'),
    ...names.map((key) => {
      const [, what, unit] = /^(.+), (ms|s)$/.exec(key) as unknown as [string, string, string];
      const other = typeof theirs === 'string' ? theirs : `${Number(theirs![key]!.toPrecision(3))} ${unit}`;
      return row(
        what,
        `${Number(figures[key]!.toPrecision(3))} ${unit}`,
        other,
        ratios[`${what} over PyTorch`]?.toFixed(2) ?? '–',
      );
    }),
  ];
}

function clickRows({ figures, intervals = {} }: BenchResult): string[] {
  const names = Object.keys(figures).flatMap((key) => /^(.+) AUC, deviation$/.exec(key)?.[1] ?? []);
  const value = (key: string): string => figures[key]?.toFixed(4) ?? '–';
  const difference = (key: string): string =>
    `${value(key)} [${intervals[key]!.map((one) => one.toFixed(4)).join(', ')}]`;
  return [
    row(
      'Last.FM, labelled pairs by KGCN’s protocol, ids permuted',
      'AUC',
      'AUC within users',
      'F1',
      'calibration error',
    ),
    row('---', '---:', '---:', '---:', '---:'),
    row('popularity', value('popularity AUC'), '–', '–', '–'),
    ...names.map((name) =>
      row(
        name,
        `${value(`${name} AUC`)} ± ${value(`${name} AUC, deviation`)}`,
        value(`${name} AUC:within-users`),
        value(`${name} F1`),
        value(`${name} CalibrationError`),
      ),
    ),
    row('kgcn above popularity', difference('kgcn above popularity'), '', '', ''),
    row('kgcn above itself on shuffled edges', difference('kgcn above itself on shuffled edges'), '', '', ''),
  ];
}

function exportRows({ figures }: BenchResult): string[] {
  const share = (name: string): string => `${figures[`${name}: right`]} of ${figures[`${name}: cases`]}`;
  return [
    row('files that people really have, by one command', 'stored as is right, or refused with the next step'),
    row('---', '---:'),
    row('those that went in wrong when they were collected', share('failed before')),
    row('those that went in well then', share('went well before')),
  ];
}

function httpRows({ figures }: BenchResult, kills: BenchResult | undefined): string[] {
  const value = (name: string, digits = 0): string =>
    figures[name]!.toLocaleString('en', { maximumFractionDigits: digits });
  return [
    row(`over HTTP, server and load on the same two cores, ${stores.M}`, 'measured'),
    row('---', '---:'),
    row(
      'slates a second while 500 events a second are posted; p50 and p99',
      `${value('slates a second')}; ${value('slates p50 ms')} ms, ${value('slates p99 ms')} ms`,
    ),
    row(
      'the same, 500 slates a second being asked for; p50 and p99',
      `${value('p50 ms at 500 slates a second')} ms, ${value('p99 ms at 500 slates a second')} ms`,
    ),
    row(
      'durable events a second, batches of 20 from 64 clients; p99 of a batch',
      `${value('events a second')}; ${value('batches of 20 from 64 clients p99 ms')} ms`,
    ),
    row(
      'from an event’s acknowledgement to the answer that knows it, p99',
      `${value('event to changed answer p99 ms')} ms`,
    ),
    row(
      'requests while another process trains and ten generations are switched; of them failed',
      `${value('requests over ten switches')}; ${value('of them failed')}`,
    ),
    row('memory of the server with two workers, after all that', `${value('server resident MB')} MB`),
    ...(kills ? [killsRow(kills)] : []),
  ];
}

function gorseRows({ figures, peers, ratios }: BenchResult): string[] {
  const [name, peer] = Object.entries(peers)[0]!;
  if (typeof peer === 'string') return [];
  const said = (of: Readonly<Record<string, number>>): string =>
    `${Math.round(of['slates a second']!).toLocaleString('en')} a second; ${of['slates p99 ms']} ms`;
  return [
    row(`slates over HTTP, ${stores.S}`, 'ours, chosen anew for each request', name, 'ours over theirs'),
    row('---', '---:', '---:', '---:'),
    row('16 callers; p99', said(figures), said(peer), ratios['slates a second']!.toFixed(2)),
  ];
}

function servingRows({ figures }: BenchResult): string[] {
  const sizes = Object.entries(stores).filter(([size]) => figures[`${size} one at a time p50 ms`] !== undefined);
  const line = (label: string, said: (size: string) => string): string =>
    row(label, ...sizes.map(([size]) => said(size)));
  const ms = (size: string, name: string): string => `${figures[`${size} ${name} ms`]!.toFixed(1)} ms`;
  const pair = (name: string) => (size: string) => `${ms(size, `${name} p50`)}, ${ms(size, `${name} p99`)}`;
  const rate = (name: string) => (size: string) =>
    `${Math.round(figures[`${size} answers a second, ${name}`]!)} a second`;
  const holds = ['importing', 'training', 'a generation is loaded', '2 workers answer'];
  return [
    row('an open shop, all models, reasons on, nothing cached', ...sizes.map(([, said]) => said)),
    row('---', ...sizes.map(() => '---:')),
    line('one request at a time, p50 and p99', pair('one at a time')),
    line('64 in flight, on the caller’s thread', rate('64 in flight')),
    line('64 in flight, two workers', rate('2 workers, 64 in flight')),
    line('a stock change costs the next request', (size) => ms(size, 'a stock change costs the next request')),
    line('import; train', (size) =>
      ['import', 'train'].map((work) => `${Math.round(figures[`${size} ${work} seconds`]!)} s`).join('; '),
    ),
    line('most memory while training', (size) => `${Math.round(figures[`${size} train peak MB`]!)} MB`),
    line('longest hold of the event loop: import; train; a generation is loaded; two workers answer', (size) =>
      holds.map((name) => `${Math.round(figures[`${size} longest hold while ${name} ms`]!)} ms`).join('; '),
    ),
    line('opening to first answer', (size) => ms(size, 'opening to first answer')),
    line('memory of the process that answers; with two workers', (size) =>
      ['resident MB', 'resident MB, 2 workers']
        .map((name) => `${Math.round(figures[`${size} ${name}`]!)} MB`)
        .join('; '),
    ),
  ];
}

function growthRows({ figures, peers, ratios }: BenchResult): string[] {
  const sizes = Object.entries(stores).filter(([size]) => figures[`${size} train seconds`] !== undefined);
  const line = (label: string, said: (size: string) => string): string =>
    row(label, ...sizes.map(([size]) => said(size)));
  const seconds = (name: string) => (size: string) => `${figures[`${size} ${name}`]!.toFixed(1)} s`;
  const implicit = peers['implicit'];
  return [
    row('a training on two threads', ...sizes.map(([, said]) => said)),
    row('---', ...sizes.map(() => '---:')),
    line('whole, from events to generation', seconds('train seconds')),
    line('most memory; what it said before', (size) =>
      ['peak MB', 'expected MB'].map((name) => `${Math.round(figures[`${size} ${name}`]!)} MB`).join('; '),
    ),
    line('one fit of item-kNN, 200 neighbours', seconds('item-knn seconds')),
    line('the same by implicit; ours over theirs', (size) => {
      if (typeof implicit !== 'object') return implicit ?? '';
      const name = `${size} item-knn seconds`;
      return `${implicit[name]!.toFixed(1)} s; ${ratios[name]!.toFixed(2)}`;
    }),
  ];
}

function speedRows([als, knn, ease, imports]: readonly (BenchResult | undefined)[]): string[] {
  const rows: string[] = [];
  const addFit = (label: string, measured: BenchResult | undefined, peer: string): void => {
    if (!measured) return;
    const { figures, peers } = measured;
    const theirs = peers[peer];
    const ours = figures['fit seconds']!;
    if (typeof theirs !== 'object') rows.push(row(label, `${ours.toFixed(1)} s`, `${peer}: ${theirs}`, ''));
    else {
      const seconds = theirs['fit seconds']!;
      rows.push(row(label, `${ours.toFixed(1)} s`, `${peer} ${seconds.toFixed(1)} s`, (ours / seconds).toFixed(2)));
    }
  };
  addFit('fitting implicit ALS, 128 factors, 15 sweeps, Gowalla', als, 'implicit');
  addFit('fitting cosine item-kNN, 200 neighbours, Gowalla', knn, 'implicit');
  addFit('fitting EASE, Amazon Beauty', ease, 'scipy');
  addFit('', ease, 'numpy');
  if (!imports) return rows;
  const { figures } = imports;
  let label = `importing and cleaning ${figures['rows']!.toLocaleString('en')} rows of Online Retail`;
  for (const [peer, theirs] of Object.entries(imports.peers)) {
    const said = (part: typeof figures): string =>
      `${Math.round(part['rowsPerSecond']! / 1000)}k rows/s, ${Math.round(part['peakMegabytes']!)} MB`;
    if (typeof theirs !== 'object') rows.push(row(label, said(figures), `${peer}: ${theirs}`, ''));
    else {
      const rate = figures['rowsPerSecond']! / theirs['rowsPerSecond']!;
      const memory = figures['peakMegabytes']! / theirs['peakMegabytes']!;
      const ratio = `${rate.toFixed(3)} of the rate, ${memory.toFixed(2)} of the memory`;
      rows.push(row(label, said(figures), `${peer}, which cleans nothing: ${said(theirs)}`, ratio));
    }
    label = '';
  }
  return rows;
}

function killsRow({ figures }: BenchResult): string {
  const count = (name: string): string => figures[name]!.toLocaleString('en');
  return row(
    `a server killed ${count('kills of the server')} times while events are posted, and started again`,
    `of ${count('events acknowledged')} acknowledged events ${count('events lost')} lost, ${count('events doubled')} doubled`,
  );
}

/** Products that nobody has met, and what texts give to all. */
function coldRows({ figures, intervals = {} }: BenchResult): string[] {
  const cell = (name: string): string => withInterval(figures[name]!, intervals[name]!);
  const both = (name: string): string[] => [cell(`${name}: Recall@20`), cell(`${name}: NDCG@10`)];
  const hidden = figures['choices of hidden items']!.toLocaleString('en');
  const all = figures['choices']!.toLocaleString('en');
  const hiddenRows = [
    'random',
    'popularity',
    'texts as they are',
    'texts aligned',
    'aligned less as they are',
    'selection',
  ];
  return [
    row(
      `Amazon Industrial, whole catalogue ranked: ${hidden} choices of items that are in no history`,
      'Recall@20',
      'NDCG@10',
    ),
    row('---', '---:', '---:'),
    ...hiddenRows.map((name) => row(name, ...both(`hidden: ${name}`))),
    '',
    row(`the same, all ${all} choices`, 'Recall@20', 'NDCG@10'),
    row('---', '---:', '---:'),
    ...['selection', 'selection without texts', 'with texts less without'].map((name) =>
      row(name, ...both(`all: ${name}`)),
    ),
    row('of items that were met, a tenth hidden: with texts less without', ...both('warm: with texts less without')),
  ];
}

/** A product that comes by the API, until it may be shown. */
function newRows({ figures }: BenchResult): string[] {
  const of = (name: string): string =>
    `${figures[`${name}: p50 ms`]!.toFixed(0)} ms; ${figures[`${name}: most ms`]!.toFixed(0)} ms`;
  return [
    row(`a product put in by the API, until it is shown by its texts (${figures['products']} of them)`, 'p50; longest'),
    row('---', '---:'),
    row('in a slate for somebody who types its words', of('in a slate for its words')),
    row('among the products like another', of('among products like one')),
  ];
}

/** The second look: what it is worth, and its bounds. */
function lookRows({ figures, peers, intervals = {} }: BenchResult): string[] {
  const forms = ['MiniLM bi-encoder', 'MiniLM cross-score'].filter((name) => `${name}: gain` in figures);
  const of = (name: string): number => figures[name] ?? Number.NaN;
  const time = (name: string): string =>
    `${of(`${name}: p50 ms`).toFixed(1)} ms; ${of(`${name}: p99 ms`).toFixed(1)} ms`;
  const late = 'endpoint of 5 s under a deadline of 150 ms';
  return [
    ...(forms.length > 0
      ? [
          row(
            `re-rank of the first 50, ${of(`${forms[0]}: choices`)} test choices of Amazon Industrial`,
            ...['NDCG@10 without', 'difference', 'learned weight', 'p50; p99 of a question'],
          ),
          row('---', '---:', '---:', '---:', '---:'),
          ...forms.map((name) =>
            row(
              name,
              of(`${name}: NDCG@10 without`).toFixed(4),
              withInterval(of(`${name}: gain`), intervals[`${name}: gain`]!),
              of(`${name}: learned weight`)
                .toFixed(3)
                .replace(/^0\.000$/, '0'),
              time(name).replaceAll(/\.\d ms/g, ' ms'),
            ),
          ),
          '',
        ]
      : Object.entries(peers).map(([name, why]) => `${name}: ${String(why)}`)),
    row('answers of a shop whose language model', 'p50; p99'),
    row('---', '---:'),
    row(
      `takes 5 s, under a deadline of 150 ms: ${of(`${late}: marked, of 40`)} of 40 marked, the longest ${of(`${late}: most ms`).toFixed(0)} ms`,
      time(late),
    ),
    row('is dead, at 100 requests a second', time('100 requests/s with a dead endpoint')),
    row('the same without a re-rank', time('100 requests/s without re-rank')),
  ];
}

/** Encoders of texts, one a row. */
function textRows({ figures }: BenchResult): string[] {
  const names = Object.keys(figures).flatMap((key) => /^(.+): texts a second$/.exec(key)?.[1] ?? []);
  const value = (name: string): string =>
    // One that was taught by Chinese knows no English words: there is nothing to correlate.
    Number.isFinite(figures[name] ?? Number.NaN) ? figures[name]!.toFixed(3).replace(/^0/, '') : '–';
  const taught = figures['taught by']!.toLocaleString('en');
  return [
    row(
      `encoder of texts, linear models taught by ${taught} Chinese reviews`,
      ...['likeness of pairs: English, Chinese, across', 'category; macro-F1', 'sentiment', 'texts a second'],
    ),
    row('---', '---:', '---:', '---:', '---:'),
    ...names.map((name) =>
      row(
        name,
        ['English', 'Chinese', 'across'].map((list) => value(`${name}: ${list} pairs`)).join(', '),
        `${value(`${name}: category accuracy`)}; ${value(`${name}: category macro-F1`)}`,
        value(`${name}: sentiment accuracy`),
        figures[`${name}: texts a second`]!.toLocaleString('en'),
      ),
    ),
  ];
}

function faultRows({ figures }: BenchResult): string[] {
  const count = (name: string): string => figures[name]!.toLocaleString('en');
  const ms = (name: string): string => `${Math.round(figures[name]!)} ms`;
  const damaged = ['harmless', 'clear', 'raw', 'silently wrong'].map((kind) => `${count(`damages ${kind}`)} ${kind}`);
  const values = figures['hostile values raw']! + figures['hostile values accepted and later fatal']!;
  const files = ['hung', 'raw', 'imported and later fatal'].map((kind) => `${count(`hostile files ${kind}`)} ${kind}`);
  const beside = `the import of ${count('import rows')} rows by another process`;
  return [
    row('fault', 'what came of it'),
    row('---', '---'),
    row(
      `${count('kills')} processes killed while they record, seal, import and train`,
      `${count('kills survived')} survived; of ${count('events acknowledged')} acknowledged events ${count('events lost')} lost, ${count('events doubled')} doubled; ${count('imports half')} imports half`,
    ),
    row(`${count('damages')} damages to each file of a shop`, damaged.join(', ')),
    row(`${count('hostile values')} hostile values in every field`, `${values} raw or accepted and later fatal`),
    row(`${count('hostile files')} hostile files`, files.join(', ')),
    row(
      `record() beside ${beside}`,
      `longest wait ${ms('record() beside the import longest ms')}, p99 ${ms('record() beside the import p99 ms')} (alone ${ms('record() alone longest ms')}, ${ms('record() alone p99 ms')})`,
    ),
  ];
}

function withInterval(value: number, [low, high]: readonly [number, number]): string {
  return `${value.toFixed(4)} [${low.toFixed(4)}, ${high.toFixed(4)}]`;
}

function withDifference(value: number, [low, high]: readonly [number, number]): string {
  const signed = (bound: number): string => `${bound < 0 ? '−' : '+'}${Math.abs(bound).toFixed(4)}`;
  return `${value.toFixed(4)}, Δ [${signed(low)}, ${signed(high)}]`;
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
