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
import type { RerankOutcome } from '../selection/rerank/reranker.ts';
import { carriedError, errorOf } from './messages.ts';
import type { FromScorer, RerankMessage, ToScorer } from './scoring-workers.ts';

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

/** Questions to rerankers. */
const asking = new Map<number, PromiseWithResolvers<Reranked>>();
type Reranked = Extract<ToScorer, { reranked: number }>;
let nextQuestion = 0;
function askReranker(question: Omit<RerankMessage, 'reranks'>): Promise<Reranked> {
  const reranks = nextQuestion++;
  const asked = Promise.withResolvers<Reranked>();
  asking.set(reranks, asked);
  tell({ reranks, ...question });
  return asked.promise;
}

const store = await openStoreOf(of);
const compute = openCompute({ threads: 1 });
const answering = new Answering({
  ...{ folder: of.folder, store, config: await readConfig(of.folder), states: stateOf },
  openCompute: () => compute,
  openEncoder: (choice) => openEncoder(of.folder, choice),
  openReranking: async (choice) => {
    const { name } = await askReranker({ choice });
    return {
      name: name!,
      ask: async (question, { leftMs, isPatient = false }) => {
        const asked = askReranker({ choice, question, leftMs, isPatient }).then(({ outcome }) => outcome!);
        if (leftMs === Infinity) return asked;
        // The thread that asks it may be busy itself.
        const done = new AbortController();
        const late: RerankOutcome = { missed: 'deadline', ms: leftMs };
        const over = sleep(leftMs, late, { signal: done.signal }).catch(() => late);
        return Promise.race([asked, over]).finally(() => done.abort());
      },
    };
  },
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
    else asked?.resolve(message);
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
