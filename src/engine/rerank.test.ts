/** The re-rank of a shop, whole: a real endpoint on a socket, a training that learns what its word is worth, and answers. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { setsOf, writes } from '../../test/fakes/chat-answers.ts';
import {
  type EndpointAnswer,
  type EndpointCall,
  type OpenAiEndpoint,
  openAiEndpoint,
} from '../../test/fakes/openai-endpoint.ts';
import { adds, foreseen, guesses, isOf, now, sumsShop } from '../../test/fakes/sums-shop.ts';
import { type LoggedSlate, openShop, type Recommendation, type Shop, type TrainingReport } from '../index.ts';

let root: string;
let endpoint: OpenAiEndpoint;
let answer: (call: EndpointCall) => EndpointAnswer | Promise<EndpointAnswer> = adds;
let shop: Shop;
let report: TrainingReport;
const folder = (): string => join(root, 'shop');
const settings = (more: object = {}) => ({
  rerank: { endpoint: endpoint.url, model: 'scripted', window: 40, top: 36, deadlineMs: 2000, teach: 200, ...more },
});
const asked = (user: string, more: object = {}): Promise<Recommendation> =>
  shop.recommend({ user, count: 3, signals: true, ...more });
/** Titles of what a shopper bought, oldest first. */
async function historyOf(user: string): Promise<string[]> {
  const events = (await shop.history({ user }))!;
  return events.map(({ productId }) => `Thing ${productId!.slice(1)}`).reverse();
}
async function withSettings(more: object, work: () => Promise<void>): Promise<void> {
  const path = join(folder(), 'shelfwise.json');
  const before = await readFile(path, 'utf8');
  const parsed = JSON.parse(before);
  await writeFile(
    path,
    JSON.stringify({ ...parsed, ...more, rerank: { ...parsed.rerank, ...(more as { rerank?: object }).rerank } }),
  );
  try {
    await work();
  } finally {
    await writeFile(path, before);
  }
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rerank-'));
  endpoint = await openAiEndpoint((call) => answer(call));
  shop = await sumsShop(folder(), settings());
  report = await shop.train();
}, 120_000);
// What fails in between leaves nothing to the next.
afterEach(() => {
  answer = adds;
});
afterAll(async () => {
  await shop.close();
  await endpoint.close();
  await rm(root, { recursive: true, force: true });
});

describe('a training', () => {
  test('learns that a model which knows the rule pays, and says by how much', () => {
    const { rerank } = report;
    if (rerank?.weight === undefined) throw new Error(`expected a weight, got ${JSON.stringify(rerank)}`);
    expect(rerank.weight).toBeGreaterThan(1);
    expect(rerank.gain.interval[0]).toBeGreaterThan(0.1);
    expect(rerank.with - rerank.without).toBeCloseTo(rerank.gain.mean, 9);
    expect(rerank.answered).toBe(rerank.cases);
    expect(rerank.reranker).toContain('scripted');
  });

  test('gives the weight 0 to a model that guesses, and its requests do not ask it', async () => {
    answer = guesses;
    const other = await sumsShop(join(root, 'guesses'), settings());
    const { rerank } = await other.train();
    expect(rerank).toMatchObject({ weight: 0, answered: expect.any(Number) });
    const calls = endpoint.calls.length;
    const { rerank: told, fellBack } = await other.recommend({ user: 'u1' });
    expect(told).toMatchObject({ status: 'unused', reason: 'weight_zero' });
    expect(fellBack).toEqual([]);
    expect(endpoint.calls.length).toBe(calls);
    await other.close();
    answer = adds;
  });

  test('without an answer it is done all the same, and says what was missing', async () => {
    answer = () => ({ status: 500 });
    const other = await sumsShop(join(root, 'silent'), settings());
    const trained = await other.train();
    expect(trained.rerank).toMatchObject({ missed: expect.stringMatching(/500/u) });
    expect((await other.recommend({ user: 'u1' })).rerank).toMatchObject({ status: 'unused', reason: 'untaught' });
    await other.close();
    answer = adds;
  });
});

describe('a request', () => {
  test('has the order that the model says, marked, with the order before and what it adds', async () => {
    let [with_, without] = [0, 0];
    for (let n = 0; n < 20; n++) {
      const user = `u${n}`;
      const { items, rerank } = await asked(user);
      const group = foreseen([...new Set((await historyOf(user)).reverse())].reverse());
      expect(JSON.stringify(rerank)).not.toContain('127.0.0.1');
      expect(rerank).toMatchObject({ status: 'used', cached: false, model: expect.stringContaining('scripted') });
      with_ += items.filter(({ productId }) => isOf(group, productId)).length;
      without += rerank!.before!.filter((productId) => isOf(group, productId)).length;
      const parts = items[0]!.signals!.map(({ source }) => source);
      expect(parts).toContain('rerank');
      const said = items[0]!.reasons.find(({ kind }) => kind === 'rerank');
      if (isOf(group, items[0]!.productId))
        expect(said).toMatchObject({ text: expect.stringMatching(/what you chose/u) });
      const shares = items[0]!.reasons.reduce((sum, { share }) => sum + share, 0);
      expect(shares).toBeLessThanOrEqual(1 + 1e-9);
    }
    expect(with_).toBeGreaterThan(35);
    expect(without).toBeLessThan(15);
  });

  test('no id of shopper or product leaves the shop', () => {
    const sent = JSON.stringify(endpoint.calls.map(({ body, headers }) => [body, headers]));
    expect(sent).not.toMatch(/\bu\d+\b/u);
    expect(sent).not.toMatch(/\bn\d+\b/u);
  });

  test('that comes again is answered from memory, until the shopper does something', async () => {
    await asked('u30');
    const calls = endpoint.calls.length;
    expect((await asked('u30')).rerank).toMatchObject({ status: 'used', cached: true });
    expect(endpoint.calls.length).toBe(calls);
    await shop.record([{ eventId: 'again', kind: 'purchase', time: now, userId: 'u30', productId: 'n5' }]);
    expect((await asked('u30')).rerank).toMatchObject({ status: 'used', cached: false });
  });

  test('past the deadline the choice stands, marked; the slate is noted with what became of it', async () => {
    answer = async (call) => {
      await new Promise((resolve) => setTimeout(resolve, 3000).unref());
      return adds(call);
    };
    // The bound of the re-rank alone: a request's own would end other stages as well where the machine is slow.
    let slate!: Recommendation;
    await withSettings({ rerank: { deadlineMs: 150 } }, async () => {
      slate = await asked('u40');
    });
    answer = adds;
    expect(slate.rerank).toMatchObject({ status: 'missed', reason: 'deadline' });
    expect(slate.rerank!.before).toEqual(slate.items.map(({ productId }) => productId));
    expect(slate.fellBack).toMatchObject([{ code: 'rerank_missed' }]);
    expect(slate.items.length).toBe(3);
    let noted: LoggedSlate | undefined;
    for await (const one of shop.slates()) if (one.recommendationId === slate.recommendationId) noted = one;
    expect(noted!.rerank).toMatchObject({ status: 'missed', reason: 'deadline', cached: false });
  });

  test('a model that lies changes no more than the order: every slate is of what may be shown', async () => {
    for (const lie of [{ status: 503 }, 'prose', { ranking: ['p1', 'p1', 'x'] }] as EndpointAnswer[]) {
      answer = () => lie;
      const { items, rerank } = await asked(`u${50 + endpoint.calls.length}`);
      expect(rerank!.status).toBe('missed');
      expect(new Set(items.map(({ productId }) => productId)).size).toBe(3);
      // Where the model runs is not for those who ask.
      expect(JSON.stringify(rerank)).not.toContain('127.0.0.1');
    }
    answer = adds;
  });

  test('a scenario may do without, and another model is not used before a training has learned its worth', async () => {
    await withSettings({ scenarios: { mail: { rerank: false } } }, async () => {
      expect((await asked('u1', { scenario: 'mail' })).rerank).toBeUndefined();
      expect((await asked('u1')).rerank).toBeDefined();
    });
    await withSettings({ rerank: { model: 'another' } }, async () => {
      expect((await asked('u1')).rerank).toMatchObject({ status: 'unused', reason: 'untaught' });
    });
  });

  test('is answered alike by several threads, which share one memory and one set of bounds', async () => {
    await using others = await openShop(folder(), { now: () => now, workers: 2 });
    const slates = await Promise.all(
      Array.from({ length: 8 }, (_, n) => others.recommend({ user: `u${60 + n}`, count: 3, signals: true })),
    );
    for (const [n, { rerank, items }] of slates.entries()) {
      const here = await asked(`u${60 + n}`);
      expect(here.rerank).toMatchObject({ status: 'used', cached: rerank!.status === 'used' });
      if (rerank!.status === 'used')
        expect(items.map((one) => one.productId)).toEqual(here.items.map((one) => one.productId));
      else expect(rerank!.reason).toBe('busy');
    }
    expect(slates.filter(({ rerank }) => rerank!.status === 'used').length).toBeGreaterThanOrEqual(4);
  });
});

describe('sentences', () => {
  const written = (change?: (sentence: string) => string) => {
    answer = (call) => (setsOf(call).size > 0 ? writes(call, change) : adds(call));
  };

  test('hold what the reasons say, of products that the model never read, and are known to the next who has such reasons', async () => {
    written();
    await withSettings({ rerank: { sentences: true } }, async () => {
      const { items, sentences } = await asked('u20');
      expect(sentences).toMatchObject({
        status: 'used',
        written: 3,
        refused: 0,
        model: expect.stringContaining('sentences'),
      });
      for (const { sentence, reasons } of items) {
        expect(sentence).toBe(`${reasons.map(({ text }) => text.replace(/\.$/u, '')).join(', and ')}.`);
        expect(sentence).not.toMatch(/\{\d/u);
      }
      const writing = endpoint.calls.filter((call) => setsOf(call).size > 0);
      expect(JSON.stringify(writing.map(({ body }) => body))).not.toMatch(/Thing \d|\bn\d|\bu\d/u);
      for (let n = 21; n < 30; n++) await asked(`u${n}`);
      const calls = endpoint.calls.filter((call) => setsOf(call).size > 0).length;
      // Forty products have a handful of kinds of reasons.
      expect(calls).toBeLessThan(10);
      for (let n = 20; n < 30; n++) expect((await asked(`u${n}`)).sentences).toMatchObject({ written: 3, refused: 0 });
      expect(endpoint.calls.filter((call) => setsOf(call).size > 0).length).toBe(calls);
      const plain = await asked('u20', { explain: false });
      expect(plain.sentences).toBeUndefined();
    });
  });

  test.each([
    ['praises', (sentence: string) => sentence.replace(/\.$/u, ', our best offer.')],
    ['denies', (sentence: string) => sentence.replace(/\b(bought|Chosen|chose)\b/u, 'never $1')],
    ['counts', (sentence: string) => sentence.replace(/\{\d+\}/u, '7')],
    ['says nothing', () => ''],
  ] as const)('of a model that %s are refused: the engine’s own stand', async (how, change) => {
    written(change);
    await withSettings({ rerank: { sentences: true, model: `one that ${how}` } }, async () => {
      const { items, sentences, fellBack } = await asked('u20');
      expect(sentences!.refused).toBeGreaterThan(0);
      expect(sentences!.refused + sentences!.written).toBe(3);
      expect(fellBack).toEqual([]);
      for (const { sentence, reasons } of items) {
        expect(reasons.length).toBeGreaterThan(0);
        if (how !== 'counts') expect(sentence).toBeUndefined();
      }
    });
  });

  test('that are late, or never come, leave the reasons as they are, marked', async () => {
    answer = (call) => (setsOf(call).size > 0 ? 'never' : adds(call));
    await withSettings({ rerank: { sentences: true, model: 'silent', deadlineMs: 100 } }, async () => {
      const { items, sentences, fellBack } = await asked('u20');
      expect(sentences).toMatchObject({ status: 'missed', reason: 'deadline', written: 0 });
      expect(fellBack.map(({ code }) => code)).toContain('sentences_missed');
      expect(items[0]!.reasons.length).toBeGreaterThan(0);
    });
    answer = (call) => (setsOf(call).size > 0 ? { status: 500 } : adds(call));
    await withSettings({ rerank: { sentences: true, model: 'broken' } }, async () => {
      const { sentences } = await asked('u20');
      expect(sentences).toMatchObject({ status: 'missed', reason: 'failed' });
      expect(JSON.stringify(sentences)).not.toContain('127.0.0.1');
    });
  });

  test('are the same from several threads, and in Chinese', async () => {
    written((sentence) => sentence.replaceAll(', and ', '，并且').replace(/\.$/u, '。'));
    await withSettings({ rerank: { sentences: true } }, async () => {
      await using others = await openShop(folder(), { now: () => now, workers: 2 });
      const request = { user: 'u20', count: 3, language: 'zh' } as const;
      const there = await others.recommend(request);
      expect(there.sentences).toMatchObject({ status: 'used', written: 3 });
      const here = await shop.recommend(request);
      expect(here.items.map(({ sentence }) => sentence)).toEqual(there.items.map(({ sentence }) => sentence));
      expect(here.items[0]!.sentence).toMatch(/。$/u);
    });
  });
});

describe('ahead of time', () => {
  test('a model that is too slow for a page is asked about who is likely to return, until they do something new', async () => {
    answer = async (call) => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      return adds(call);
    };
    await withSettings({ rerank: { deadlineMs: 20, concurrency: 8 } }, async () => {
      // Who came today once more stands before all others.
      const users = Array.from({ length: 6 }, (_, n) => `u${100 + n}`);
      await shop.record(
        users.map((user, n) => ({
          ...{ eventId: `back-${n}`, kind: 'view_item', userId: user, productId: `n${n}` },
          time: now - 3_600_000 * (1 + n),
        })),
      );
      const before = endpoint.calls.length;
      expect((await asked('u100')).rerank).toMatchObject({ status: 'missed', reason: 'deadline' });
      // Its question may still be on its way.
      await vi.waitFor(() => expect(endpoint.calls.length).toBe(before + 1), 10_000);
      const calls = endpoint.calls.length;
      const report = await shop.rerankAhead({ people: 12 });
      expect(report).toMatchObject({ people: 12, missed: {} });
      expect(report.asked).toBeGreaterThanOrEqual(5);
      expect(endpoint.calls.length - calls).toBe(report.asked);
      for (const user of users) expect((await asked(user)).rerank).toMatchObject({ status: 'used', cached: true });
      expect(await shop.rerankAhead({ people: 12 })).toMatchObject({ asked: 0, known: 12 });
      await shop.record([{ eventId: 'new', kind: 'purchase', time: now, userId: 'u101', productId: 'n7' }]);
      expect((await asked('u101')).rerank).toMatchObject({ status: 'missed', reason: 'deadline' });
      expect((await asked('u102')).rerank).toMatchObject({ status: 'used', cached: true });
    });
    answer = adds;
  });

  test('nothing is noted as shown, and an end of the budget ends it', async () => {
    const before = (await slatesOf()).length;
    await withSettings({ rerank: { tokensPerDay: 0 } }, async () => {
      const report = await shop.rerankAhead({ people: 40 });
      expect(report.missed.budget).toBeLessThanOrEqual(4);
      expect(report.people).toBeLessThan(40);
    });
    expect((await slatesOf()).length).toBe(before);
    async function slatesOf() {
      const noted: LoggedSlate[] = [];
      for await (const one of shop.slates()) noted.push(one);
      return noted;
    }
  });

  test('a shop without a reranker says what is missing', async () => {
    await withSettings({}, async () => {
      const path = join(folder(), 'shelfwise.json');
      await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), rerank: 'none' }));
      await expect(shop.rerankAhead()).rejects.toMatchObject({ code: 'SW_USAGE' });
    });
  });
});

describe('evaluate', () => {
  test('says with an interval whether the re-rank paid', async () => {
    const { rerank } = await shop.evaluate({ model: 'selection', rerank: true, cacheFolder: false });
    expect(rerank).toMatchObject({ weight: expect.any(Number), gain: { interval: expect.any(Array) } });
    expect(rerank!.weight).toBeGreaterThan(1);
    await expect(shop.evaluate({ model: 'item-knn', rerank: true, cacheFolder: false })).rejects.toMatchObject({
      code: 'SW_USAGE',
    });
  });
});
