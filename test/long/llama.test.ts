/** The real llama.cpp on a tiny model that the test writes: form, bounds and faults; what it says is chance. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LlamaModule, openLanguageModelFile } from '../../src/adapters/llama/language-model-file.ts';
import { claimsOf } from '../../src/selection/explain/claims.ts';
import { languageModelWriter } from '../../src/selection/explain/sentence-writer.ts';
import { BoundedCalls, memoryOfProcess } from '../../src/selection/rerank/bounded-calls.ts';
import type { LanguageModel } from '../../src/selection/rerank/language-model.ts';
import { languageModelReranker } from '../../src/selection/rerank/language-model-reranker.ts';
import { writeTinyGguf } from '../fakes/tiny-gguf.ts';

let root: string;
let load: () => Promise<LlamaModule>;
let missing: string | undefined;
let model: LanguageModel;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'llama-'));
  try {
    await writeFile(join(root, 'package.json'), '{"private":true}');
    const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', 'node-llama-cpp@^3.22.1'];
    await promisify(execFile)('npm', install, { cwd: root, timeout: 240_000 });
    const entry = createRequire(join(root, 'package.json')).resolve('node-llama-cpp');
    load = () => import(pathToFileURL(entry).href) as Promise<LlamaModule>;
    await load();
  } catch (error) {
    missing = `node-llama-cpp cannot be had here: ${(error as Error).message.split('\n')[0]}`;
    console.log(`skipped, because ${missing}`);
    return;
  }
  await writeTinyGguf(join(root, 'tiny.gguf'));
  model = await openLanguageModelFile({ path: join(root, 'tiny.gguf'), gpu: false, load });
}, 300_000);
afterAll(() => rm(root, { recursive: true, force: true }));

const question = {
  ...({ language: 'en', history: [{ did: 'bought', words: 'Pan' }] } as const),
  candidates: ['Wok', 'Towel'],
};
const patient = { signal: AbortSignal.timeout(120_000) };

test('a model in a file answers in the form of the question, alike each time', async ({ skip }) => {
  if (missing) skip(missing);
  const reranker = languageModelReranker(model, { form: 'pairwise', passes: 1 });
  const first = await reranker.rerank(question, patient);
  expect(first.faults).toBe(0);
  expect([...first.scores].sort()).toEqual([0, 1].map((place) => Math.fround(-Math.log(1 + place))).sort());
  expect(first.tokens!.input).toBeGreaterThan(100);
  expect(first.tokens!.output).toBeGreaterThan(5);
  // What was asked meanwhile changes nothing: each question is a conversation of its own.
  await reranker.rerank({ ...question, history: [] }, patient);
  expect((await reranker.rerank(question, patient)).scores).toEqual(first.scores);
  expect(reranker.name).toContain('tiny.gguf');
}, 240_000);

test('its sentences are refused where they say something else', async ({ skip }) => {
  if (missing) skip(missing);
  const writer = languageModelWriter(model, new BoundedCalls(memoryOfProcess()));
  const sets = [claimsOf([{ text: 'Because you bought “Pan”.', name: 'Pan' }]).texts];
  const outcome = await writer.write({ language: 'en', sets }, { leftMs: Infinity, isPatient: true });
  expect(outcome.texts).toEqual([undefined]);
  expect(outcome.refused === 1 || outcome.missed === 'wrong_answer').toBe(true);
}, 240_000);

test('it stops when its time is over, and refuses what it has no room for', async ({ skip }) => {
  if (missing) skip(missing);
  const reranker = languageModelReranker(model, { form: 'pointwise', atOnce: 4 });
  const started = performance.now();
  const late = reranker.rerank(question, { signal: AbortSignal.timeout(20) });
  await expect(late).rejects.toMatchObject({ code: 'SW_RERANK', message: expect.stringContaining('in time') });
  expect(performance.now() - started).toBeLessThan(30_000);
  const small = await openLanguageModelFile({ path: join(root, 'tiny.gguf'), gpu: false, load, contextTokens: 256 });
  await expect(languageModelReranker(small).rerank(question, patient)).rejects.toMatchObject({
    code: 'SW_RERANK',
    message: expect.stringMatching(/at most 256 tokens/u),
  });
}, 240_000);

test('a file that is no model, or not there, is said', async ({ skip }) => {
  if (missing) skip(missing);
  const path = join(root, 'wrong.gguf');
  const whole = await readFile(join(root, 'tiny.gguf'));
  // Another kind of file, and downloads that broke off.
  for (const wrong of [
    Buffer.from('GGUF, so they say'),
    Buffer.alloc(0),
    whole.subarray(0, 3000),
    whole.subarray(0, 90_000),
  ]) {
    await writeFile(path, wrong);
    await expect(openLanguageModelFile({ path, gpu: false, load })).rejects.toMatchObject({ code: 'SW_RERANK' });
  }
  await expect(openLanguageModelFile({ path: join(root, 'none.gguf'), load })).rejects.toMatchObject({
    message: expect.stringMatching(/"none\.gguf": expected a GGUF file .*, got none/u),
  });
}, 240_000);
