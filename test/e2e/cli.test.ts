/** The commands as a user types them, each in a process of its own, on a small generated store. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ImportReport } from '../../src/data/import-log.ts';
import type { Recommendation } from '../../src/engine/recommendation.ts';
import type { TrainingReport } from '../../src/engine/training-report.ts';

const launcher = fileURLToPath(new URL('../../bin/shelfwise.js', import.meta.url));
let folder: string;
let demo: { imported: ImportReport; trained: TrainingReport; user: string; slate: Recommendation };

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function shelfwise(...args: string[]): Run {
  const env = { ...process.env, SHELFWISE_DATA: '', SHELFWISE_CACHE: join(folder, 'cache') };
  return spawnSync(process.execPath, [launcher, ...args], { cwd: folder, env, encoding: 'utf8', timeout: 240_000 });
}

/** What a command prints with `--json`: exactly one document. */
function json<T>(...args: string[]): T {
  const { stdout, stderr } = shelfwise(...args, '--json');
  try {
    return JSON.parse(stdout) as T;
  } catch {
    throw new Error(`expected one JSON document, got ${stdout}\n${stderr}`);
  }
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'shelfwise-cli-'));
  demo = json('demo', '--once', '--products', '100', '--shoppers', '250', '--shop', 'shop');
}, 240_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a first slate', () => {
  test('demo imports what it generated, trains, and prints a slate with reasons', () => {
    expect(demo.imported.kind).toBe('google-merchant+generic');
    expect(demo.imported.productsKept).toBe(100);
    expect(demo.trained.validation.metrics['selection']!['NDCG@10']).toBeGreaterThan(
      demo.trained.validation.metrics['popularity']!['NDCG@10']!,
    );
    expect(demo.slate.items.length).toBe(5);
    expect(demo.slate.items.flatMap(({ reasons }) => reasons).length).toBeGreaterThan(4);
  });

  test('demo without --once serves page and API until it is stopped, and ends well', async () => {
    cpSync(join(folder, 'shop'), join(folder, 'served'), { recursive: true });
    const args = ['demo', '--json', '--port', '0', '--products', '100', '--shoppers', '250', '--shop', 'served'];
    const env = { ...process.env, SHELFWISE_DATA: '' };
    const served = spawn(process.execPath, [launcher, ...args], { cwd: folder, env });
    let printed = '';
    for await (const chunk of served.stdout.iterator({ destroyOnReturn: false })) {
      printed += chunk;
      if (/"address": "[^"]+"\n}/.test(printed)) break;
    }
    const { address, slate } = JSON.parse(printed) as { address: string; slate: Recommendation };
    expect(slate.items).toEqual(demo.slate.items);
    expect(await (await fetch(`${address}/shoppers/${demo.user}`)).text()).toContain('data-product="P0');
    const event = { eventId: 'clicked', kind: 'view_item', userId: 'somebody-new', productId: 'P0003' };
    const answer = await fetch(`${address}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ events: [event] }),
    });
    expect(await answer.json()).toMatchObject({ stored: 1 });
    const { events } = (await (await fetch(`${address}/v1/users/somebody-new/events`)).json()) as {
      events: { time: number }[];
    };
    // Its clock goes on from the end of the store's year.
    expect(events[0]!.time).toBeGreaterThan(Date.UTC(2025, 9, 1));
    expect(events[0]!.time).toBeLessThan(Date.UTC(2025, 9, 2));
    const ended = once(served, 'exit');
    served.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  test('demo again finds its files imported and nothing to train', () => {
    const again = json<typeof demo>('demo', '--once', '--products', '100', '--shoppers', '250', '--shop', 'shop');
    expect(again.imported.rowsRead).toBe(0);
    expect(again.trained.unchanged).toBe(true);
    expect(again.slate.items).toEqual(demo.slate.items);
  });

  test('recommend gives the same slate as the library’s answer in the demo, and text for people', () => {
    const asked = ['--shop', 'shop', '--user', demo.user, '--count', '5', '--explain'];
    const slate = json<Recommendation>('recommend', ...asked, '--at', '2025-10-01');
    expect(slate.items).toEqual(demo.slate.items);
    const { stdout, status } = shelfwise(
      'recommend',
      '--shop',
      'shop',
      '--user',
      demo.user,
      '--explain',
      '--language',
      'zh',
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ *# +product +title/);
    expect(stdout).toMatch(/\n 1\. .*。/);
  });

  test('recommend leaves out what it is told to', () => {
    const [first] = demo.slate.items;
    const excluded = ['recommend', '--shop', 'shop', '--user', demo.user, '--exclude', first!.productId];
    const { items } = json<Recommendation>(...excluded, '--exclude', 'P0002');
    expect(items.map(({ productId }) => productId)).not.toContain(first!.productId);
    expect(items.map(({ productId }) => productId)).not.toContain('P0002');
  });

  test('train says that nothing changed', () => {
    const { stdout, status } = shelfwise('train', '--shop', 'shop');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Nothing changed since generation 1/);
  });

  test('evaluate measures a shop with popularity beside', () => {
    const report = json<{
      metrics: Record<string, number>;
      baseline: { model: string; metrics: Record<string, number> };
    }>(...['evaluate', 'shop', 'shop', '--model', 'transition-knn']);
    expect(report.baseline.model).toBe('popularity');
    expect(report.metrics['NDCG@20']).toBeGreaterThan(report.baseline.metrics['NDCG@20']!);
  });

  test('doctor finds every part and the shop', () => {
    const { findings, healthy } = json<{
      findings: { part: string; state: string; found: string }[];
      healthy: boolean;
    }>(...['doctor', '--shop', 'shop']);
    expect(healthy).toBe(true);
    expect(findings.find(({ part }) => part === 'shop')!.found).toMatch(/^100 products, .* generation 1$/);
  });

  test('events counts what a filter means, and deletes it only on request', () => {
    const copy = join(folder, 'deleting');
    cpSync(join(folder, 'shop'), copy, { recursive: true });
    const count = (...filter: string[]): number =>
      json<{ events: number }>('events', '--shop', 'deleting', ...filter).events;
    const all = count();
    const views = count('--kind', 'view_item', '--product', 'P0003');
    expect(views).toBeGreaterThan(10);
    expect(count()).toBe(all);
    const told = json<{ deleted: number }>(
      ...['events', '--shop', 'deleting', '--kind', 'view_item', '--product', 'P0003', '--delete'],
    );
    expect(told.deleted).toBe(views);
    expect([count('--kind', 'view_item', '--product', 'P0003'), count()]).toEqual([0, all - views]);
    expect(shelfwise('events', '--shop', 'deleting', '--delete').status).toBe(2);
    expect(shelfwise('events', '--shop', 'deleting', '--kind', 'buy').stderr).toContain(
      'expected one of view_item_list',
    );
    expect(shelfwise('doctor', '--shop', 'deleting').status).toBe(0);
  });

  test('doctor writes nothing, names an emptied database, and --repair brings back what was sealed', () => {
    const copy = join(folder, 'emptied');
    cpSync(join(folder, 'shop'), copy, { recursive: true });
    writeFileSync(join(copy, 'shop.sqlite'), '');
    for (const rest of ['-wal', '-shm']) rmSync(join(copy, `shop.sqlite${rest}`), { force: true });
    const names = (): string => (readdirSync(copy, { recursive: true }) as string[]).sort().join();
    const before = names();
    const told = shelfwise('doctor', '--shop', 'emptied');
    expect(told.status).toBe(1);
    expect(told.stdout).toMatch(/✗ shop: shop\.sqlite: it is empty, though there is manifest\.json, segments\//);
    expect(told.stdout).toContain('shelfwise doctor --repair --shop emptied');
    for (const args of [['train'], ['recommend'], ['import', 'shop-files/events.csv']])
      expect(shelfwise(...args, '--shop', 'emptied').stderr).toContain('SW_SHOP_CORRUPT');
    expect(names()).toBe(before);
    const { repaired, healthy } = json<{ repaired: string[]; healthy: boolean }>(
      ...['doctor', '--repair', '--shop', 'emptied'],
    );
    expect(healthy).toBe(true);
    expect(repaired.join('\n')).toMatch(/sealed events are back/);
    const sealed = (shop: string): string =>
      /(\d+) live and (\d+) sealed/.exec(shelfwise('doctor', '--shop', shop).stdout)![2]!;
    expect(sealed('emptied')).toBe(sealed('shop'));
  });

  test('doctor names a damaged generation and what answers in its place', () => {
    const copy = join(folder, 'damaged');
    cpSync(join(folder, 'shop'), copy, { recursive: true });
    const items = join(copy, 'models', '000001', 'items.json');
    writeFileSync(items, readFileSync(items, 'utf8').replace('P0001', 'P0000'));
    const { stdout, status } = shelfwise('doctor', '--shop', 'damaged');
    expect(status).toBe(1);
    expect(stdout).toMatch(/✗ models: Generation 1 cannot be read: .*items\.json: .*checksum differs/);
    expect(stdout).toMatch(/Nothing that is trained answers: shelfwise train --shop damaged/);
    const [lost] = json<Recommendation>('recommend', '--shop', 'damaged').fellBack;
    expect(lost).toEqual({ code: 'generation_unreadable', text: expect.stringMatching(/Generation 1 cannot be read/) });
  });

  test('every command shows its flags', () => {
    for (const name of ['import', 'train', 'recommend', 'evaluate', 'events', 'demo', 'doctor']) {
      const { stdout, status } = shelfwise(name, '--help');
      expect(status).toBe(0);
      expect(stdout).toContain('--json');
    }
  });
});

describe('the quarantine', () => {
  test('shows what was set aside, and releases a step', () => {
    const held = json<{ counts: Record<string, number>; rows: { step: string; file: string; line: number }[] }>(
      ...['import', '--quarantine', '--shop', 'shop', '--step', 'zero-prices', '--limit', '3'],
    );
    const zero = demo.imported.steps.find(({ step }) => step === 'zero-prices')!.acted;
    expect(held.counts['zero-prices']).toBe(zero);
    expect(held.rows.length).toBe(Math.min(3, zero));
    expect(held.rows[0]).toMatchObject({ step: 'zero-prices', file: expect.stringMatching(/events\.csv$/) });
    expect(held.rows[0]!.line).toBeGreaterThan(1);
    const [report] = json<ImportReport[]>('import', '--release', 'zero-prices', '--shop', 'shop');
    expect(report!.rowsRead).toBe(zero);
    const after = json<{ counts: Record<string, number> }>('import', '--quarantine', '--shop', 'shop');
    expect(after.counts['zero-prices']).toBeUndefined();
  });
});

describe('an import that is looked at, kept and taken back', () => {
  const rows = 'buyer,article,sold,pieces,sum\nann,a1,2026-01-05,2,19.00\nben,a1,2026-01-06,1,9.50\n';
  const flags = [
    '--map',
    'userId=buyer',
    '--map',
    'productId=article',
    '--map',
    'time=sold',
    '--map',
    'quantity=pieces',
    '--map',
    'lineTotal=sum',
  ];

  test('a refused file is told the command, a preview stores nothing, the mapping is kept for the next time', () => {
    const path = write('taken.csv', rows);
    const refused = shelfwise('import', path, '--shop', 'taken');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('buyer: ann, ben -> userId?');
    expect(refused.stderr).toContain('taken.csv --map userId=buyer --map productId=article --map time=sold --preview');
    const preview = shelfwise('import', path, ...flags, '--preview', '--save-mapping', 'taken.json', '--shop', 'taken');
    expect(preview.stdout).toMatch(/Preview \(generic\).*nothing is stored/);
    expect(preview.stdout).toMatch(/purchase +2026-01-05T00:00:00Z +ann +a1 +a1 +2 +950 XXX/);
    expect(existsSync(join(folder, 'taken'))).toBe(false);
    const report = json<ImportReport>('import', path, '--mapping', 'taken.json', '--shop', 'taken');
    expect(report).toMatchObject({ eventsKept: 2, readings: [{ role: 'events', unused: [] }] });
    const wrong = shelfwise('import', path, '--mapping', write('wrong.json', '{"colour":"red"}'), '--shop', 'taken');
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('got "colour"')]);
  });

  test('imports are listed by their numbers, and one is taken back', () => {
    const [only] = json<ImportReport[]>('import', '--list', '--shop', 'taken');
    expect(shelfwise('import', '--list', '--shop', 'taken').stdout).toContain(`${only!.importId}  taken.csv  generic`);
    const { stdout, status } = shelfwise('import', '--undo', only!.importId, '--shop', 'taken');
    expect([status, stdout]).toEqual([0, expect.stringContaining('is taken back: 2 events, 1 products')]);
    expect(json<ImportReport[]>('import', '--list', '--shop', 'taken')).toEqual([]);
    expect(shelfwise('import', '--undo', only!.importId, '--shop', 'taken').status).toBe(2);
    const again = json<ImportReport>('import', join(folder, 'taken.csv'), '--mapping', 'taken.json', '--shop', 'taken');
    expect(again.eventsKept).toBe(2);
  });
});

describe('an import that is stopped', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it with exit code 1 and leaves nothing', async (signal) => {
    const file = join(folder, 'long.csv');
    const rows = Array.from({ length: 400_000 }, (_, n) => `${n},u${n % 999},p${n % 99},2024-05-01,1,2.50`);
    writeFileSync(file, ['order_id,user_id,product_id,time,quantity,price', ...rows].join('\n'));
    const child = spawn(process.execPath, [launcher, 'import', file, '--shop', 'stopped', '--json'], { cwd: folder });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text) => (stdout += text));
    child.stderr.on('data', (text) => (stderr += text));
    const ended = once(child, 'close');
    // It is under way once it has made its scratch.
    while (!existsSync(join(folder, 'stopped', 'imports'))) await sleep(20);
    child.kill(signal);
    expect((await ended)[0], stderr).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'SW_CANCELLED' } });
    expect(existsSync(join(folder, 'stopped'))).toBe(false);
  });
});

describe('serving', () => {
  test('keys are made, listed without secrets, rotated and revoked; what is none is said', () => {
    const made = json<{ key: string; id: string }>(
      'key',
      'create',
      '--scope',
      'recommend',
      '--name',
      'front',
      '--shop',
      'shop',
    );
    expect(made.key).toMatch(/^sw_[0-9a-f]{12}_/);
    const { keys } = json<{ keys: { id: string; name: string }[] }>('key', 'list', '--shop', 'shop');
    expect(keys).toMatchObject([{ id: made.id, name: 'front', scopes: ['recommend'] }]);
    expect(JSON.stringify(keys)).not.toContain('sha256');
    expect(json<{ key: string }>('key', 'rotate', made.id, '--shop', 'shop').key).not.toBe(made.key);
    expect(shelfwise('key', 'revoke', made.id, '--shop', 'shop').stdout).toContain('holds no more');
    for (const wrong of [['create'], ['create', '--scope', 'all'], ['revoke', 'nobody'], ['rotate'], ['burn']]) {
      const { status, stderr } = shelfwise('key', ...wrong, '--shop', 'shop');
      expect([status, stderr]).toEqual([2, expect.stringContaining('SW_USAGE')]);
    }
    rmSync(join(folder, 'shop', 'keys'), { recursive: true });
  });

  test('serve answers by HTTP until it is told to stop, and refuses what it cannot listen on', async () => {
    const args = [launcher, 'serve', '--shop', 'shop', '--port', '0', '--log', 'silent', '--json'];
    const server = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(server, 'close');
    let told = '';
    for await (const chunk of server.stdout) {
      told += chunk;
      if (told.trimEnd().endsWith('}')) break;
    }
    const { address } = JSON.parse(told) as { address: string };
    const answer = await fetch(`${address}/v1/recommendations`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ user: demo.user, count: 3 }),
    });
    const slate = (await answer.json()) as Recommendation;
    expect([answer.status, slate.items.length, slate.basis]).toEqual([200, 3, expect.stringMatching(/\d+ events/)]);
    server.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
    const open = shelfwise('serve', '--shop', 'shop', '--host', '0.0.0.0', '--port', '0');
    expect([open.status, open.stderr]).toEqual([2, expect.stringContaining('expected keys')]);
  });
});

describe('bad input is told by file, line, what was expected and what to do, with exit code 2', () => {
  const failure = (...args: string[]): { code: string; message: string; hint: string; status: number | null } => {
    const { status, stdout } = shelfwise(...args, '--json');
    return { ...(JSON.parse(stdout) as { error: { code: string; message: string; hint: string } }).error, status };
  };
  const cases: readonly [string, () => string[], string, RegExp][] = [
    ['no command of that name', () => ['recomend'], 'SW_USAGE', /no command "recomend"/],
    ['an unknown flag', () => ['train', '--sead', '1'], 'SW_USAGE', /no flag --sead/],
    ['no file', () => ['import'], 'SW_USAGE', /expected FILE/],
    [
      'a file that is not there',
      () => ['import', 'nowhere.csv', '--shop', 'new'],
      'SW_INPUT_NOT_FOUND',
      /nowhere\.csv/,
    ],
    ['a folder without a shop', () => ['train', '--shop', 'nowhere'], 'SW_SHOP_NOT_FOUND', /nowhere: expected a shop/],
    ['a count that is none', () => ['recommend', '--shop', 'shop', '--count', '1.5'], 'SW_USAGE', /--count/],
    [
      'an unknown kind',
      () => ['import', 'a.csv', '--as', 'excel', '--shop', 'new'],
      'SW_USAGE',
      /expected a kind of export, or what the rows are, got "excel"/,
    ],
    ['an unknown step', () => ['import', '--release', 'magic', '--shop', 'shop'], 'SW_USAGE', /magic/],
    ['an unknown model', () => ['train', '--shop', 'shop', '--only', 'oracle'], 'SW_MODEL_UNKNOWN', /got "oracle"/],
    ['a wrong --map', () => ['import', 'a.csv', '--map', 'userId', '--shop', 'new'], 'SW_USAGE', /FIELD=COLUMN/],
    [
      'an unknown column in --map',
      () => ['import', write('m.csv', 'a,b\n1,2\n'), '--map', 'userId=c', '--shop', 'new'],
      'SW_INPUT_FORMAT',
      /"c"/,
    ],
    [
      'a header that no kind knows',
      () => ['import', write('x.csv', 'apples,pears\n1,2\n'), '--shop', 'new'],
      'SW_INPUT_FORMAT',
      /x\.csv/,
    ],
    [
      'a file that is mostly broken',
      () => [
        'import',
        write('b.csv', `user_id,product_id,timestamp\n${'u,p,yesterday-ish\n'.repeat(9)}`),
        '--shop',
        'new',
      ],
      'SW_INPUT_FORMAT',
      /b\.csv: .* the first at line 2: time: expected a time/,
    ],
    ['an empty file', () => ['import', write('e.csv', ''), '--shop', 'new'], 'SW_INPUT_EMPTY', /e\.csv/],
    [
      'a gzip file that is cut short',
      () => [
        'import',
        write('g.csv.gz', gzipSync('user_id,product_id\n'.repeat(5000)).subarray(0, 60)),
        '--shop',
        'new',
      ],
      'SW_INPUT_FORMAT',
      /g\.csv\.gz/,
    ],
    [
      'wrong settings',
      () => {
        write('set/shelfwise.json', '{"slate": {"relevance": 2}}');
        return ['import', 'a.csv', '--shop', 'set'];
      },
      'SW_SETTING',
      /slate\.relevance/,
    ],
  ];

  test.each(cases)('%s', (_, args, code, message) => {
    const found = failure(...args());
    expect(found).toMatchObject({ status: 2, code });
    expect(found.message).toMatch(message);
    expect(found.hint).not.toBe('');
    // A shop that did not exist before is not left behind half-made.
    expect(readdirSync(folder)).not.toContain('new');
  });

  test('a damaged shop and one of a newer version are recognised and said so', () => {
    write('damaged/shop.sqlite', 'this was a database once, and it is one no more'.repeat(100));
    const damaged = failure('recommend', '--shop', 'damaged');
    expect(damaged).toMatchObject({ code: 'SW_SHOP_CORRUPT', status: 1 });
    expect(damaged.message).toMatch(/damaged.*shop\.sqlite/);
    write('newer/shop.sqlite', readFileSync(join(folder, 'shop/shop.sqlite')));
    const database = new DatabaseSync(join(folder, 'newer/shop.sqlite'));
    database.exec('PRAGMA user_version = 999');
    database.close();
    expect(failure('recommend', '--shop', 'newer')).toMatchObject({ code: 'SW_SHOP_NEWER', status: 1 });
  });
});

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  const parent = join(path, '..');
  if (parent !== folder) spawnSync('mkdir', ['-p', parent]);
  writeFileSync(path, content);
  return name;
}
