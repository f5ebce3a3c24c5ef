import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { kernelsOfSources } from './kernels-wasm.ts';

let folder: string;
let sources: URL;
let cache: URL;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kernels-'));
  await mkdir(join(folder, 'assembly'));
  sources = pathToFileURL(`${join(folder, 'assembly')}/`);
  cache = pathToFileURL(`${join(folder, 'cache')}/`);
  await writeFile(new URL('index.ts', sources), 'export { idle } from "./idle";');
  await writeFile(new URL('idle.ts', sources), 'export function idle(begin: i32, end: i32, thread: i32): void {}');
});
afterEach(() => rm(folder, { recursive: true }));

test('sources are compiled once, and again when they change', async () => {
  const bytes = await kernelsOfSources(sources, cache);
  expect(WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)).toBe(true);
  const [name] = await readdir(cache);
  await writeFile(
    new URL('idle.ts', sources),
    'export function idle(begin: i32, end: i32, thread: i32): void {}\nexport const added: i32 = 1;',
  );
  await writeFile(new URL('index.ts', sources), 'export { idle, added } from "./idle";');
  const changed = new WebAssembly.Module((await kernelsOfSources(sources, cache)) as Uint8Array<ArrayBuffer>);
  expect(WebAssembly.Module.exports(changed).map((e) => e.name)).toContain('added');
  expect(await readdir(cache)).toContain(name);
  expect(await readdir(cache)).toHaveLength(2);
});

test('a damaged compiled file is compiled anew', async () => {
  await kernelsOfSources(sources, cache);
  const path = new URL((await readdir(cache))[0]!, cache);
  const whole = await readFile(path);
  await writeFile(path, whole.subarray(0, 100));
  expect(Buffer.from(await kernelsOfSources(sources, cache)).equals(whole)).toBe(true);
  expect((await readFile(path)).equals(whole)).toBe(true);
});

test('two processes compile at once and leave one whole file', async () => {
  const loader = new URL('./kernels-wasm.ts', import.meta.url).href;
  const program = `const { kernelsOfSources } = await import('${loader}');
    console.log((await kernelsOfSources(new URL('${sources.href}'), new URL('${cache.href}'))).length);`;
  const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  const lengths = (await Promise.all([run(), run()])).map(({ stdout }) => Number(stdout));
  expect(await readdir(cache)).toHaveLength(1);
  expect(lengths).toEqual(lengths.map(() => lengths[0]));
  expect((await readFile(new URL((await readdir(cache))[0]!, cache))).length).toBe(lengths[0]);
});

test('a cache that cannot be written is done without', async () => {
  await writeFile(join(folder, 'file'), '');
  const bytes = await kernelsOfSources(sources, pathToFileURL(`${join(folder, 'file')}/cache/`));
  expect(bytes).toBeInstanceOf(Uint8Array);
});

test('without sources and without a compiled file the error says what to do', async () => {
  const nothing = pathToFileURL(`${join(folder, 'nothing')}/`);
  await expect(kernelsOfSources(nothing, cache)).rejects.toMatchObject({
    code: 'SW_PART_MISSING',
    hint: 'Reinstall shelfwise.',
  });
});

test('sources that do not compile are reported with the line', async () => {
  await writeFile(new URL('index.ts', sources), 'export function broken(: i32');
  await expect(kernelsOfSources(sources, cache)).rejects.toMatchObject({
    code: 'SW_INTERNAL',
    message: expect.stringMatching(/index\.ts.*1/s),
  });
});
