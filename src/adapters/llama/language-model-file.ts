/** A language model in a GGUF file, run in this process by llama.cpp through node-llama-cpp. */
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { ShelfwiseError } from '../../core/errors.ts';
import type { LanguageModel, LanguageQuestion } from '../../selection/rerank/language-model.ts';

export interface LanguageModelFileOptions {
  readonly path: string;
  /** As messages call it. @default the name of the file */
  readonly name?: string | undefined;
  /** Tokens of question and answer together; memory grows with it. @default 4096 */
  readonly contextTokens?: number | undefined;
  /** False leaves a GPU alone that is there. @default true */
  readonly gpu?: boolean | undefined;
  /** @default the installed package */
  readonly load?: (() => Promise<LlamaModule>) | undefined;
}

/** What is used of node-llama-cpp; it is named here since the package itself is optional, types included. */
export interface LlamaModule {
  getLlama(options: { readonly build: 'never'; readonly gpu: 'auto' | false; readonly logLevel: 'error' }): Promise<{
    loadModel(options: { readonly modelPath: string }): Promise<LlamaModel>;
    createGrammarForJsonSchema(schema: unknown): Promise<unknown>;
  }>;
  readonly LlamaChatSession: new (options: {
    readonly contextSequence: LlamaSequence;
    readonly systemPrompt: string;
  }) => {
    prompt(
      text: string,
      options: {
        readonly grammar: unknown;
        readonly maxTokens: number;
        readonly temperature: number;
        readonly signal: AbortSignal;
      },
    ): Promise<string>;
    dispose(): void;
  };
}

interface LlamaModel {
  tokenize(text: string): ArrayLike<unknown>;
  createContext(options: { readonly contextSize: number }): Promise<{ getSequence(): LlamaSequence }>;
}

interface LlamaSequence {
  readonly tokenMeter: { readonly usedInputTokens: number; readonly usedOutputTokens: number };
  clearHistory(): Promise<void>;
}

const packageName = 'node-llama-cpp';
/** Tokens that the form of a conversation takes. */
const formTokens = 64;

/** @throws ShelfwiseError `SW_PART_MISSING` without the package, `SW_RERANK` where the file is no model that it reads */
export async function openLanguageModelFile(options: LanguageModelFileOptions): Promise<LanguageModel> {
  const { path, contextTokens = 4096, gpu = true, load = () => import(packageName) as Promise<LlamaModule> } = options;
  const where = `rerank "${options.name ?? basename(path)}"`;
  const file = await stat(path).catch(() => undefined);
  if (!file?.isFile()) {
    // Where the shop's folder is is not for those who ask.
    const message = `${where}: expected a GGUF file by that name, got ${file ? 'a folder' : 'none'}.`;
    throw new ShelfwiseError('SW_RERANK', message, 'Download one, and name it by its path from the shop’s folder.');
  }
  if (!(await isGguf(path))) {
    const message = `${where}: expected a GGUF file of version 2 or 3, got another kind of file.`;
    throw new ShelfwiseError('SW_RERANK', message, 'Download it again, or convert it with llama.cpp’s own tools.');
  }
  const { getLlama, LlamaChatSession } = await load().catch(notInstalled);
  const llama = await getLlama({ build: 'never', gpu: gpu ? 'auto' : false, logLevel: 'error' }).catch(
    (cause: unknown): never => {
      const message = `${where}: node-llama-cpp has no build for this machine: ${(cause as Error).message}.`;
      const hint = 'Serve the model by an OpenAI-compatible endpoint instead (llama.cpp’s own server does).';
      throw new ShelfwiseError('SW_PART_MISSING', message, hint, {}, cause);
    },
  );
  const model = await llama.loadModel({ modelPath: path }).catch((cause: unknown): never => {
    const message = `${where}: expected a model that llama.cpp reads, it says: ${(cause as Error).message}.`;
    throw new ShelfwiseError('SW_RERANK', message, 'Download the file again, or another one.', {}, cause);
  });
  const sequence = (await model.createContext({ contextSize: contextTokens })).getSequence();
  const grammars = new Map<string, Promise<unknown>>();
  let last: Promise<unknown> = Promise.resolve();

  async function answer({ system, prompt, schema, maxOutputTokens }: LanguageQuestion, signal: AbortSignal) {
    signal.throwIfAborted();
    const needs = model.tokenize(system + prompt).length + formTokens + maxOutputTokens;
    if (needs > contextTokens) {
      const message = `${where}: expected a question of at most ${contextTokens} tokens with its answer, got ${needs}.`;
      throw new ShelfwiseError('SW_RERANK', message, 'Raise contextTokens, or lower top or window.');
    }
    const key = JSON.stringify(schema);
    const grammar = grammars.get(key) ?? llama.createGrammarForJsonSchema(ending(schema, maxOutputTokens));
    grammars.set(key, grammar);
    // A conversation of one question: nothing of another shopper's is read with it.
    await sequence.clearHistory();
    const { usedInputTokens, usedOutputTokens } = sequence.tokenMeter;
    const session = new LlamaChatSession({ contextSequence: sequence, systemPrompt: system });
    try {
      const how = { grammar: await grammar, maxTokens: maxOutputTokens, temperature: 0, signal };
      const text = await session.prompt(prompt, how);
      const tokens = {
        input: sequence.tokenMeter.usedInputTokens - usedInputTokens,
        output: sequence.tokenMeter.usedOutputTokens - usedOutputTokens,
      };
      try {
        return { value: JSON.parse(text) as unknown, tokens };
      } catch (cause) {
        const message = `${where}: expected JSON, got ${JSON.stringify([...text].slice(0, 80).join(''))}.`;
        const details = { kind: 'wrong_answer', tokens };
        throw new ShelfwiseError('SW_RERANK', message, 'Name a model that follows a schema.', details, cause);
      }
    } finally {
      session.dispose();
    }
  }

  return {
    name: `${basename(path)} ${file.size}`,
    // One context reads one question at a time.
    generate(question, { signal }) {
      const run = last.then(() => answer(question, signal));
      last = run.catch(() => undefined);
      return run.catch((cause: unknown): never => {
        if (cause instanceof ShelfwiseError) throw cause;
        const got = signal.aborted ? 'none in time' : (cause as Error).message;
        throw new ShelfwiseError('SW_RERANK', `${where}: expected an answer, got ${got}.`, '', {}, cause);
      });
    },
  };
}

/** Looked at before: over another head node-llama-cpp reads for ever. */
async function isGguf(path: string): Promise<boolean> {
  await using file = await open(path);
  const head = Buffer.alloc(8);
  await file.read(head, 0, 8, 0);
  return head.toString('latin1', 0, 4) === 'GGUF' && [2, 3].includes(head.readUInt32LE(4));
}

/** Lists and texts that end: a grammar lets a model that repeats itself go on for ever. */
function ending(schema: unknown, mostTokens: number): unknown {
  if (Array.isArray(schema)) return schema.map((one) => ending(one, mostTokens));
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, ending(value, mostTokens)]));
  if (inner['type'] === 'array') return { maxItems: Math.max(1, mostTokens >> 3), ...inner };
  return inner['type'] === 'string' && !inner['enum'] ? { maxLength: 300, ...inner } : inner;
}

function notInstalled(cause: unknown): never {
  throw new ShelfwiseError(
    'SW_PART_MISSING',
    'rerank: a model in a GGUF file is run by node-llama-cpp, which does not load.',
    'Run `npm install --ignore-scripts node-llama-cpp`, or name an endpoint.',
    {},
    cause,
  );
}
