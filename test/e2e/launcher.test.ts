import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const path = (process.env['PATH'] ?? '').split(delimiter);
// The machine's own node, which may be older than the one that npm brought.
const env = { ...process.env, PATH: path.filter((folder) => !folder.includes('node_modules')).join(delimiter) };
const machineMajor = Number(
  spawnSync('node', ['-p', 'process.versions.node'], { env, encoding: 'utf8' }).stdout.split('.')[0],
);
const old = machineMajor < 24;
if (!old) console.log(`restart on a newer Node: skipped, because this machine's own Node is ${machineMajor}`);

/** A package whose command reports its Node, then waits for SIGTERM and exits with 7. */
let packed: string;
let bare: string;

beforeAll(() => {
  packed = mkdtempSync(join(tmpdir(), 'shelfwise-launcher-'));
  bare = mkdtempSync(join(tmpdir(), 'shelfwise-launcher-'));
  for (const folder of [packed, bare]) {
    cpSync(join(root, 'bin'), join(folder, 'bin'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
    mkdirSync(join(folder, 'dist/cli'), { recursive: true });
    writeFileSync(
      join(folder, 'dist/cli/main.js'),
      `process.emitWarning('fresh', 'ExperimentalWarning');
if (process.argv[2] === 'wait') { setInterval(() => {}, 1000); process.on('SIGTERM', () => process.exit(7)); }
else process.exitCode = Number(process.argv[2]);
console.log(process.versions.node, process.argv.slice(2).join());`,
    );
  }
  symlinkSync(join(root, 'node_modules'), join(packed, 'node_modules'), 'junction');
});

afterAll(() => {
  for (const folder of [packed, bare]) rmSync(folder, { recursive: true, force: true });
});

const launch = (folder: string, ...args: string[]): SpawnSyncReturns<string> =>
  spawnSync('node', [join(folder, 'bin/shelfwise.js'), ...args], { cwd: folder, env, encoding: 'utf8' });

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.on('exit', (code) => resolve(code)));
}

describe('the launcher', () => {
  test('runs the sources of a clone, by node and by npx, with nothing built', () => {
    expect(launch(root, '--version').stdout).toBe(`${version}\n`);
    const npx = spawnSync('npx', ['shelfwise', '--version'], { cwd: root, env, encoding: 'utf8' });
    expect(npx.stdout).toBe(`${version}\n`);
  });

  test('passes arguments on and gives back the exit code, without experimental warnings', () => {
    const { status, stdout, stderr } = launch(packed, '3', 'a b');
    expect(status).toBe(3);
    expect(stdout).toMatch(/^(2[4-9]|[3-9]\d)\.\d+\.\d+ 3,a b\n$/);
    expect(stderr).toBe('');
  });

  test('passes SIGTERM on, so that the command can stop cleanly', async () => {
    const child = spawn('node', [join(packed, 'bin/shelfwise.js'), 'wait'], {
      cwd: packed,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const code = ended(child);
    await new Promise((resolve) => child.stdout!.once('data', resolve));
    child.kill('SIGTERM');
    expect(await code).toBe(7);
  });

  test.skipIf(!old)('says in one sentence what is missing where there is no newer Node', () => {
    const { status, stderr } = launch(bare, '0');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^shelfwise: needs Node 24 or newer, this is v\d+\..*npm install node-\S+@24.*\n$/);
  });
});
