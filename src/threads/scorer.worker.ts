/** A thread that answers requests for slates: its own store of the shop, weights that it shares with its like. */
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { openCompute } from '../adapters/compute.ts';
import { openEncoder } from '../adapters/open-encoder.ts';
import { openStoreOf, type StoreOfFolder } from '../adapters/open-store.ts';
import { SlateFiles } from '../adapters/slates/slate-files.ts';
import { Answering, answerJson } from '../engine/answering.ts';
import { readConfig } from '../engine/config.ts';
import { RequestTime } from '../engine/request-time.ts';
import type { ModelState } from '../models/model.ts';
import { inThisThread } from '../models/state-file.ts';
import type { Reader, WritingOutcome } from '../selection/explain/sentence-writer.ts';
import type { RerankOutcome } from '../selection/rerank/reranker.ts';
import { carriedError, errorOf } from './messages.ts';
import type { FromScorer, Read, RerankMessage, ToScorer } from './scoring-workers.ts';

const of = workerData as StoreOfFolder;
const port = parentPort!;
const tell = (message: FromScorer): void => port.postMessage(message);

/** States that were asked for. */
const waiting = new Map<string, PromiseWithResolvers<ModelState>>();
function stateOf(folder: string): Promise<ModelState> {
  const known = waiting.get(folder);
  if (known) return known.promise;
  const asked = Promise.withResolvers<ModelState>();
  waiting.set(folder, asked);
  tell({ wants: folder });
  return asked.promise;
}

/** Questions to rerankers, and to what writes sentences. */
const asking = new Map<number, PromiseWithResolvers<Read>>();
let nextQuestion = 0;
function askReader(question: Omit<RerankMessage, 'reranks'>): Promise<Read> {
  const reranks = nextQuestion++;
  const asked = Promise.withResolvers<Read>();
  asking.set(reranks, asked);
  tell({ reranks, ...question });
  return asked.promise;
}

/** The thread that asks may be busy itself: what does not come in time is not waited for. */
function inTime<T>(asked: Promise<T>, leftMs: number, late: T): Promise<T> {
  if (leftMs === Infinity) return asked;
  const done = new AbortController();
  const over = sleep(leftMs, late, { signal: done.signal }).catch(() => late);
  return Promise.race([asked, over]).finally(() => done.abort());
}

async function readerOf(choice: RerankMessage['choice']): Promise<Reader> {
  const { name, writer } = await askReader({ choice });
  return {
    name: name!,
    ask: (question, { leftMs, isPatient = false }) =>
      inTime<RerankOutcome>(
        askReader({ choice, question, leftMs, isPatient }).then(({ outcome }) => outcome!),
        leftMs,
        { missed: 'deadline', ms: leftMs },
      ),
    writer:
      writer === undefined
        ? undefined
        : {
            name: writer,
            write: (writing, { leftMs }) =>
              inTime<WritingOutcome>(
                askReader({ choice, writing, leftMs }).then(({ written }) => written!),
                leftMs,
                { texts: [], refused: 0, ms: leftMs, missed: 'deadline' },
              ),
          },
  };
}

const store = await openStoreOf(of);
const compute = openCompute({ threads: 1 });
const answering = new Answering({
  ...{ folder: of.folder, store, config: await readConfig(of.folder), states: stateOf },
  openCompute: () => compute,
  openEncoder: (choice) => openEncoder(of.folder, choice),
  openReranking: readerOf,
  slates: new SlateFiles(of.folder),
});
const cancelled = new Map<number, AbortController>();

port.on('message', (message: ToScorer) => {
  if ('state' in message) {
    const asked = waiting.get(message.folder);
    waiting.delete(message.folder);
    if (message.failed) asked?.reject(errorOf(message.failed));
    else if (message.state) asked?.resolve(inThisThread(message.state));
  } else if ('reranked' in message) {
    const asked = asking.get(message.reranked);
    asking.delete(message.reranked);
    if (message.failed) asked?.reject(errorOf(message.failed));
    else asked?.resolve(message.done ?? {});
  } else if ('cancel' in message) cancelled.get(message.cancel)?.abort();
  else if ('renew' in message) void answering.renewed().then(() => tell({ renewed: message.renew }));
  else if ('close' in message) void close();
  else void answer(message);
});

async function answer({ id, request, moment, started, asJson }: Extract<ToScorer, { id: number }>): Promise<void> {
  const stop = new AbortController();
  cancelled.set(id, stop);
  try {
    const time = new RequestTime({ deadlineMs: request.deadlineMs, signal: stop.signal, started });
    const answer = await answering.recommend(request, moment, time);
    if (asJson) {
      const made = answerJson(answer);
      port.postMessage({ id, answer: made } satisfies FromScorer, [made.json.buffer]);
    } else tell({ id, answer });
  } catch (error) {
    tell({ id, failed: carriedError(error) });
  } finally {
    cancelled.delete(id);
  }
}

async function close(): Promise<void> {
  await answering.close();
  await store.close();
  await (await compute).close();
  port.close();
}

tell({ ready: true });
