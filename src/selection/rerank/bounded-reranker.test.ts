import { describe, expect, test } from 'vitest';
import { ShelfwiseError } from '../../core/errors.ts';
import { BoundedCalls, type CallBounds, memoryOfProcess } from './bounded-calls.ts';
import { BoundedReranker } from './bounded-reranker.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { RerankQuestion, RerankScores } from './reranker.ts';

const question = (candidates: readonly string[], history: readonly string[] = ['pan']): RerankQuestion => ({
  language: 'en',
  history: history.map((words) => ({ did: 'bought', words })),
  candidates,
});
const three = question(['a', 'b', 'c']);
const hurried = { leftMs: Infinity } as const;

function bounded(
  rerank: (asked: RerankQuestion, signal: AbortSignal) => Promise<RerankScores>,
  bounds: Partial<CallBounds> = {},
  more: ConstructorParameters<typeof BoundedCalls>[2] = {},
) {
  const asked: RerankQuestion[] = [];
  const reranker = {
    name: 'scripted',
    expectedTokens: () => ({ input: 100, output: 10 }),
    rerank(one: RerankQuestion, { signal }: { signal: AbortSignal }) {
      asked.push(one);
      return rerank(one, signal);
    },
  };
  return { asked, reranking: new BoundedReranker(reranker, new BoundedCalls(memoryOfProcess(), bounds, more)) };
}

const byLetter = async ({ candidates }: RerankQuestion): Promise<RerankScores> => ({
  scores: Float32Array.from(candidates, (words) => words.charCodeAt(0)),
  tokens: { input: 100, output: 10 },
});
const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a reranker within its bounds', () => {
  test('answers with scores in the order of the candidates', async () => {
    const { reranking } = bounded(byLetter);
    expect(await reranking.ask(question(['b', 'a']), hurried)).toMatchObject({
      scores: Float32Array.of(98, 97),
      cached: false,
    });
  });

  test('remembers what it said of the same products to the same history, whatever their order, and of no other', async () => {
    const { reranking, asked } = bounded(byLetter);
    await reranking.ask(three, hurried);
    expect(await reranking.ask(question(['c', 'a', 'b']), hurried)).toMatchObject({
      scores: Float32Array.of(99, 97, 98),
      cached: true,
    });
    await reranking.ask(question(['a', 'b', 'c'], ['towel']), hurried);
    await reranking.ask({ ...three, typed: 'wok' }, hurried);
    await reranking.ask({ ...three, language: 'zh' }, hurried);
    expect(asked.length).toBe(4);
  });

  test('a candidate that is new among many known ones is not judged; many new ones are a new question', async () => {
    const { reranking, asked } = bounded(byLetter);
    const letters = [...'abcdefghij'];
    await reranking.ask(question(letters), hurried);
    const outcome = await reranking.ask(question([...letters.slice(1), 'z']), hurried);
    expect(outcome).toMatchObject({ cached: true });
    expect(Number.isNaN((outcome as { scores: Float32Array }).scores[9])).toBe(true);
    await reranking.ask(question([...letters.slice(5), ...'vwxyz']), hurried);
    expect(asked.length).toBe(2);
  });

  test('an answer does not hold for ever', async () => {
    let now = 0;
    const { reranking, asked } = bounded(byLetter, { cacheDays: 2 }, { now: () => now });
    await reranking.ask(three, hurried);
    now = 2 * 86_400_000 - 1;
    await reranking.ask(three, hurried);
    expect(asked.length).toBe(1);
    now += 1;
    await reranking.ask(three, hurried);
    expect(asked.length).toBe(2);
  });

  test('past its deadline the asker is told, and the answer that comes late serves the next', async () => {
    const { reranking } = bounded(async (one) => later(60).then(() => byLetter(one)), { deadlineMs: 10 });
    expect(await reranking.ask(three, hurried)).toMatchObject({ missed: 'deadline' });
    await later(80);
    expect(await reranking.ask(three, hurried)).toMatchObject({ cached: true });
  });

  test('the time that the request has left counts where it is less, and an abort ends the waiting', async () => {
    const { reranking } = bounded(async (one) => later(300).then(() => byLetter(one)), { deadlineMs: 5_000 });
    expect(await reranking.ask(three, { leftMs: 5 })).toMatchObject({ missed: 'deadline' });
    const stop = new AbortController();
    const asked = reranking.ask(question(['x', 'y']), { leftMs: 5_000, signal: stop.signal });
    stop.abort();
    expect(await asked).toMatchObject({ missed: 'deadline' });
  });

  test('the same question at once is asked once; others past the limit are told that it is busy, or wait if patient', async () => {
    const { reranking, asked } = bounded(async (one) => later(20).then(() => byLetter(one)), {
      concurrency: 1,
      deadlineMs: 1000,
    });
    const [first, same, other] = await Promise.all([
      reranking.ask(three, hurried),
      reranking.ask(three, hurried),
      reranking.ask(question(['x', 'y']), hurried),
    ]);
    expect([first, same]).toMatchObject([{ cached: false }, { cached: false }]);
    expect(other).toMatchObject({ missed: 'busy' });
    expect(asked.length).toBe(1);
    const patient = { leftMs: Infinity, isPatient: true };
    const all = await Promise.all(['d', 'e', 'f'].map((one) => reranking.ask(question([one, 'g']), patient)));
    expect(all.map((one) => 'scores' in one)).toEqual([true, true, true]);
  });

  test('tokens and money of a day end with the day; what is on its way counts', async () => {
    let now = Date.UTC(2026, 0, 1);
    const prices = { input: 1e4, output: 1e5 };
    for (const limit of [{ tokensPerDay: 250 }, { costPerDay: 4.5, prices }]) {
      const { reranking } = bounded(byLetter, { ...limit, concurrency: 9 }, { now: () => now });
      const some = await Promise.all(['a', 'b', 'c'].map((one) => reranking.ask(question([one, 'z']), hurried)));
      expect(some.map((one) => 'missed' in one && one.missed)).toEqual([false, false, 'budget']);
      expect(await reranking.ask(question(['d', 'z']), hurried)).toMatchObject({ missed: 'budget' });
      now += 86_400_000;
      expect(await reranking.ask(question(['d', 'z']), hurried)).toMatchObject({ cached: false });
    }
  });

  test('what fails again and again is left alone for a while, then tried once', async () => {
    let [now, works] = [0, false];
    const breaker = new CircuitBreaker({ failures: 3, restMs: 1000, now: () => now });
    const { reranking, asked } = bounded(
      async (one) => {
        if (works) return byLetter(one);
        throw new ShelfwiseError('SW_RERANK', 'rerank: expected an answer, got none.');
      },
      {},
      { breaker },
    );
    for (let n = 0; n < 3; n++) expect(await reranking.ask(three, hurried)).toMatchObject({ missed: 'failed' });
    for (let n = 0; n < 50; n++) expect(await reranking.ask(three, hurried)).toMatchObject({ missed: 'breaker_open' });
    expect(asked.length).toBe(3);
    now = 1000;
    expect(await reranking.ask(three, hurried)).toMatchObject({ missed: 'failed' });
    expect(await reranking.ask(three, hurried)).toMatchObject({ missed: 'breaker_open' });
    now = 2000;
    works = true;
    expect(await reranking.ask(three, hurried)).toMatchObject({ cached: false });
    expect(await reranking.ask(question(['x', 'y']), hurried)).toMatchObject({ cached: false });
  });

  test.each([
    ['too few', Float32Array.of(1, 2)],
    ['NaN alone', Float32Array.of(Number.NaN, Number.NaN, 1)],
    ['infinite', Float32Array.of(1, 2, Infinity)],
  ])('scores that are %s are no answer, and are not kept', async (_, scores) => {
    const { reranking, asked } = bounded(async () => ({ scores }));
    expect(await reranking.ask(three, hurried)).toMatchObject({ missed: 'wrong_answer' });
    await reranking.ask(three, hurried);
    expect(asked.length).toBe(2);
  });

  test('a question that outlasts its time is given up', async () => {
    const { reranking } = bounded((_, signal) => new Promise((__, no) => signal.addEventListener('abort', no)), {
      timeoutMs: 20,
      deadlineMs: 1000,
    });
    expect(await reranking.ask(three, hurried)).toMatchObject({ missed: 'failed' });
  });
});
