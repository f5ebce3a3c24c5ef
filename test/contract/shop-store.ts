/** What every shop store must do; run on each adapter. One file, since it is one promise, however long. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDuckdb } from '../../src/adapters/duckdb/analytics.ts';
import { Random } from '../../src/core/random.ts';
import type { Analytics } from '../../src/data/analytics.ts';
import { formerDescriptionsKept, type Product, type TimedFact } from '../../src/data/catalogue.ts';
import { furtherFields } from '../../src/data/event-fields.ts';
import { eventIdHash } from '../../src/data/event-id-hash.ts';
import { type EventColumns, type EventFilter, recentEventsKept } from '../../src/data/event-store.ts';
import { eventFlags, eventKinds, type ShopEvent } from '../../src/data/events.ts';
import type { ImportCommit, ImportReport } from '../../src/data/import-log.ts';
import type { ShopStore } from '../../src/data/shop-store.ts';
import { reportOf, stage } from '../fakes/staged-import.ts';

function view(eventId: string, time: number, more: Partial<ShopEvent> = {}): ShopEvent {
  return { eventId, kind: 'view_item', time, productId: 'mug', ...more };
}

/** Events as lines: `person place in order: product@time`. */
function lines(events: EventColumns): string[] {
  const people = [...new Set(events.person)];
  return Array.from(events.person, (person, i) => {
    const product = events.product[i]! < 0 ? '-' : events.products[events.product[i]!];
    return `${people.indexOf(person)} ${eventKinds[events.kind[i]!]} ${product}@${events.time[i]}`;
  });
}

/** Events of one person with all that columns say; sessions by first sight. */
function shownEvents(events: EventColumns) {
  const { kind, time, product, products, session, quantity, priceMinor, value, flags } = events;
  return Array.from({ length: events.length }, (_, e) => ({
    ...{ kind: kind[e], time: time[e], product: products[product[e]!], session: session[e]! },
    ...{ quantity: quantity[e], price: priceMinor[e], value: value[e], flags: flags[e] },
  }));
}

function renumbered<Event extends { readonly session: number }>(events: readonly Event[]): Event[] {
  const codes = [...new Set(events.map(({ session }) => session).filter((session) => session >= 0))];
  return events.map((event) => ({ ...event, session: codes.indexOf(event.session) }));
}

const firstHash = (...ids: string[]): number => Math.min(...ids.map(eventIdHash));

/** Eighty events of each person, in no order; many people begin at one time. */
const crowdOf = (people: number): readonly ShopEvent[] =>
  new Random(5).shuffle(Int32Array.from({ length: 80 * people }, (_, n) => n)).reduce((events: ShopEvent[], n) => {
    const [userId, place] = [`u${n % people}`, Math.floor(n / people)];
    const kind = (['view_item', 'view_item', 'add_to_cart', 'purchase', 'rate', 'review', 'search'] as const)[n % 7]!;
    const time = (n % 10) + 10 * place + (place % 3);
    events.push({ eventId: `c${n}`, kind, time, userId, productId: `p${n % 97}`, quantity: n % 5 });
    return events;
  }, []);

/** The order that the port promises, made naively. */
function expectedOrder(events: readonly ShopEvent[]): (filter: EventFilter) => ShopEvent[] {
  const arrived = events.map((event, arrival) => ({ ...event, arrival, hash: eventIdHash(event.eventId) }));
  return ({ kinds, since = -Infinity, until = Infinity, person }) => {
    const kept = arrived.filter(
      ({ kind, time, userId }) =>
        (!kinds || kinds.includes(kind)) && time >= since && time < until && (person === undefined || userId === 'u7'),
    );
    const people = new Map<string, typeof kept>();
    for (const event of kept) {
      const one = people.get(event.userId!) ?? [];
      one.push(event);
      people.set(event.userId!, one);
    }
    const byTime = [...people.values()].map((own) => ({
      own: own.toSorted((a, b) => a.time - b.time || a.arrival - b.arrival),
      first: own.reduce((a, b) => (b.time < a.time || (b.time === a.time && b.hash < a.hash) ? b : a)),
    }));
    byTime.sort((a, b) => a.first.time - b.first.time || a.first.hash - b.first.hash);
    return byTime.flatMap(({ own }) => own);
  };
}

const mug: Product = {
  productId: 'mug',
  title: 'Blue mug',
  description: 'Holds tea.',
  categories: [['Home', 'Kitchen'], ['Gifts']],
  brand: 'Potter',
  attributes: { colour: 'blue' },
  images: ['mug.jpg'],
  language: 'en',
  hidden: false,
  createdTime: 5,
  variants: [
    { variantId: 'mug-s', options: { size: 'S' }, gtin: '123' },
    { variantId: 'mug-l', options: { size: 'L' } },
  ],
};

/** @param people - of the crowd whose order is read back: 2,500 make more than three row groups of a sealed segment */
export function describeShopStore(name: string, people: number, open: () => Promise<ShopStore>): void {
  describe(name, () => {
    let store: ShopStore;
    let analytics: Analytics;
    beforeEach(async () => {
      store = await open();
      analytics = await openDuckdb({ threads: 1 });
    });
    afterEach(async () => {
      await store.close();
      await analytics.close();
    });

    async function importEvents(
      importId: string,
      events: readonly ShopEvent[],
      more: Partial<ImportCommit> = {},
    ): Promise<ImportReport> {
      const table = `staged_${importId}`;
      await stage(analytics, events, table);
      return store.commitImport({
        report: reportOf(importId),
        products: [],
        users: [],
        facts: [],
        events: { analytics, table },
        ...more,
      });
    }

    test('an event that comes twice is stored once: in one batch, in two, after sealing, after an import', async () => {
      const first = view('e1', 1, { userId: 'ann' });
      expect(await store.appendEvents([first, view('e2', 2, { userId: 'ann' }), first])).toEqual([
        'stored',
        'stored',
        'duplicate',
      ]);
      expect(await store.appendEvents([first])).toEqual(['duplicate']);
      expect(await store.seal(2)).toBe(1);
      expect(await store.appendEvents([first, view('e3', 3, { userId: 'ann' })])).toEqual(['duplicate', 'stored']);
      const report = await importEvents('i1', [
        view('e1', 1, { userId: 'ann' }),
        view('e3', 3, { userId: 'ann' }),
        view('e4', 4, { userId: 'ann' }),
        view('e4', 4, { userId: 'ann' }),
      ]);
      // What was stored is counted, repeats apart.
      expect(report).toMatchObject({ eventsKept: 1, eventsKnown: 3 });
      expect((await store.status()).imports).toEqual([report]);
      expect(await store.appendEvents([view('e4', 9, { userId: 'ben' })])).toEqual(['duplicate']);
      await importEvents('i2', [view('e4', 4, { userId: 'ann' })]);
      expect((await store.readEvents()).time).toEqual(Float64Array.of(1, 2, 3, 4));
      expect(await store.status()).toMatchObject({ liveEvents: 2, sealedEvents: 2, firstTime: 1, lastTime: 4 });
    });

    test('live and sealed events are read as one, by person, time and arrival', async () => {
      await importEvents('i1', [
        view('a', 20, { userId: 'ann', productId: 'tea' }),
        view('b', 10, { userId: 'ben', productId: 'pot', sessionId: 's1' }),
        view('c', 10, { userId: 'ann', productId: 'mug', kind: 'purchase', quantity: 3, priceMinor: 250 }),
        view('c2', 10, { userId: 'ann', productId: 'cup' }),
      ]);
      await store.appendEvents([
        view('d', 15, { userId: 'ann', productId: 'new' }),
        view('e', 10, { userId: 'ben', productId: 'late', sessionId: 's2' }),
        { eventId: 'f', kind: 'search', time: 30, userId: 'ben', text: 'tea', sessionId: 's1', flags: 8 },
      ]);
      const ann = (await store.personOf({ userId: 'ann' }))!;
      const ben = (await store.personOf({ userId: 'ben' }))!;
      const ofAnn = ['0 purchase mug@10', '0 view_item cup@10', '0 view_item new@15', '0 view_item tea@20'];
      const ofBen = ['0 view_item pot@10', '0 view_item late@10', '0 search -@30'];
      for (let round = 0; round < 2; round++) {
        const annEvents = await store.readEvents({ person: ann });
        expect(lines(annEvents)).toEqual(ofAnn);
        expect([annEvents.quantity[0], annEvents.priceMinor[0]]).toEqual([3, 250]);
        expect(annEvents.priceMinor[1]).toBeNaN();
        const benEvents = await store.readEvents({ person: ben });
        expect(lines(benEvents)).toEqual(ofBen);
        expect(benEvents.session[0]).toBe(benEvents.session[2]);
        expect(benEvents.session[0]).not.toBe(benEvents.session[1]);
        expect(benEvents.flags[2]).toBe(8);
        const all = await store.readEvents();
        // Both begin at 10: the hash of the first event's id decides, whatever keys stand for the two.
        const halves = firstHash('c', 'c2') < firstHash('b', 'e') ? [...ofAnn, ...ofBen] : [...ofBen, ...ofAnn];
        expect(lines(all).map((line) => line.slice(2))).toEqual(halves.map((line) => line.slice(2)));
        // The same events in the same order when all of them are sealed.
        expect(await store.seal(100)).toBe(round === 0 ? 3 : 0);
      }
      expect(lines(await store.readEvents({ kinds: ['search'] }))).toEqual(['0 search -@30']);
      expect((await store.readEvents({ since: 15, until: 30 })).time.toSorted()).toEqual(Float64Array.of(15, 20));
      expect((await store.readEvents({ person: 7 })).length).toBe(0);
    });

    test('order holds over many row groups, by every filter, and while segments are written', async () => {
      const crowd = crowdOf(people);
      const wanted = expectedOrder(crowd);
      await importEvents('crowd', crowd);
      const check = async (filter: EventFilter) => {
        const { length, person, time, kind, product, products, quantity } = await store.readEvents(filter);
        const events = wanted(filter);
        expect(length).toBe(events.length);
        let people = 0;
        for (let e = 0; e < length; e++) {
          const [event, before] = [events[e]!, events[e - 1]];
          if (before?.userId !== event.userId) people++;
          const same =
            time[e] === event.time &&
            eventKinds[kind[e]!] === event.kind &&
            products[product[e]!] === event.productId &&
            quantity[e] === event.quantity &&
            (e === 0 || (person[e] === person[e - 1]) === (before!.userId === event.userId));
          if (!same) expect.fail(`${JSON.stringify(filter)}: event ${e} is not ${JSON.stringify(event)}`);
        }
        // Nobody is cut in two.
        expect(new Set(person).size).toBe(people);
      };
      const kinds = ['view_item', 'add_to_cart', 'purchase', 'rate', 'review'] as const;
      await check({});
      for (let count = 1; count <= kinds.length; count++) await check({ kinds: kinds.slice(0, count) });
      await check({ since: 300, until: 900 });
      await check({ kinds: ['purchase', 'view_item', 'rate'], since: 300 });
      await check({ kinds, until: 700, person: (await store.personOf({ userId: 'u7' }))! });
      // Later events of nobody known stand behind; those of the crowd stay in order while they are written and sealed.
      let writing = true;
      const writer = (async () => {
        for (let n = 0; writing; n++) {
          await store.appendEvents(
            Array.from({ length: 50 }, (_, i) => view(`later-${n}-${i}`, 5_000 + i, { kind: 'search' })),
          );
          if (n % 5 === 4) await store.seal(6_000);
        }
      })();
      for (let round = 0; round < 3; round++) {
        await check({ until: 5_000 });
        await check({ kinds });
      }
      writing = false;
      await writer;
    }, 240_000);

    test('everything that an event says comes back, of one person and of all, live and sealed', async () => {
      const whole = (n: number): ShopEvent => ({
        ...{ eventId: `w${n}`, kind: 'purchase', time: n, userId: 'ann', productId: 'mug', variantId: `mug-${n % 2}` },
        ...{ quantity: 2, priceMinor: 250, currency: n % 2 ? 'EUR' : 'GBP', device: 'phone', place: `place ${n % 3}` },
        ...{ referrer: 'mail', text: '杯子', value: 4.5, recommendationId: `r${n}`, position: n, flags: 8 },
      });
      await importEvents('i1', [whole(0), whole(1)]);
      await store.appendEvents([whole(2), { eventId: 'bare', kind: 'search', time: 3, userId: 'ann' }]);
      const person = (await store.personOf({ userId: 'ann' }))!;
      for (const where of [{}, { person }, { since: 0, person }]) {
        const events = await store.readEvents({ ...where, columns: [...furtherFields] });
        const shown = Array.from({ length: events.length }, (_, e) =>
          Object.fromEntries(
            furtherFields.flatMap((field) => {
              const column = events[field];
              const value = 'codes' in column ? column.values[column.codes[e]!] : column[e];
              return value === undefined || value === -1 ? [] : [[field, value]];
            }),
          ),
        );
        const expected = [0, 1, 2].map((n) => {
          const event = whole(n);
          return Object.fromEntries(furtherFields.map((field) => [field, event[field]]));
        });
        expect(shown).toEqual([...expected, { eventId: 'bare' }]);
        expect([...events.currency.values]).toEqual(['EUR', 'GBP']);
        expect([...events.value.slice(0, 3)]).toEqual([4.5, 4.5, 4.5]);
      }
      const some = await store.readEvents({ kinds: ['search'], since: 3, columns: ['device'] });
      expect([...some.device.codes]).toEqual([-1]);
      expect(some).not.toHaveProperty('text');
    });

    test('the newest events of a person are the end of what all events say, whatever happened to them', async () => {
      const kinds = ['view_item', 'add_to_cart', 'purchase', 'search', 'rate'] as const;
      const event = (n: number): ShopEvent => ({
        ...{ eventId: `n${n}`, kind: kinds[n % 5]!, time: 10 * Math.floor(n / 3) },
        ...(n % 4 === 0 ? { visitorId: `v${n % 8}` } : { userId: n % 3 === 0 ? 'ann' : 'ben' }),
        ...(n % 5 !== 3 && { productId: `p${n % 31}` }),
        ...(n % 7 === 0 && { sessionId: `s${n % 21}`, quantity: (n % 3) + 0.5, priceMinor: n }),
        ...(n % 5 === 4 && { value: (n % 5) + 0.25 }),
        ...(n % 6 === 0 && { flags: eventFlags.refunded }),
      });
      const some = (from: number, to: number): ShopEvent[] =>
        Array.from({ length: to - from }, (_, n) => event(from + n));
      const check = async (least: number): Promise<void> => {
        const people = [{ userId: 'ann' }, { userId: 'ben' }, { visitorId: 'v0' }, { visitorId: 'v4' }];
        for (const id of people) {
          const person = await store.personOf(id);
          if (person === undefined) continue;
          const recent = shownEvents(await store.recentEvents(person));
          const whole = shownEvents(await store.readEvents({ person })).filter(({ product }) => product !== undefined);
          expect(recent.length).toBeLessThanOrEqual(recentEventsKept);
          expect(recent).toEqual(renumbered(whole.slice(-recentEventsKept)));
          if (id.userId === 'ben') expect(recent.length).toBeGreaterThanOrEqual(least);
        }
      };
      await importEvents('i1', some(0, 120));
      await check(20);
      await store.appendEvents(some(120, 200));
      await check(40);
      await store.seal(500);
      await check(40);
      await importEvents('i2', some(200, 260));
      await store.joinVisitor('v0', 'ann');
      await check(60);
      await store.deleteEvents({ productId: 'p7' });
      await check(60);
      await store.undoImport('i2');
      await check(40);
      // More than are kept, of which some are sealed and some are not.
      await importEvents('i3', some(1_000, 2_000));
      await store.appendEvents(some(2_000, 2_400));
      await check(recentEventsKept);
      await store.seal(7_000);
      await check(recentEventsKept);
      expect((await store.recentEvents(7)).length).toBe(0);
    });

    test('the last words that somebody searched for are found while they are live, whoever they have become', async () => {
      const search = (eventId: string, time: number, text: string | undefined, more: object = {}) =>
        view(eventId, time, { kind: 'search', userId: 'u1', ...(text !== undefined && { text }), ...more });
      await store.appendEvents([
        search('q1', 100, 'wok'),
        search('q2', 200, 'pan'),
        search('q3', 300, undefined),
        view('v1', 250, { userId: 'u1' }),
        search('q4', 240, 'soap', { userId: undefined, visitorId: 'w' }),
      ]);
      const person = (await store.personOf({ userId: 'u1' }))!;
      expect(await store.lastSearch(person, 0, 199)).toBe('wok');
      expect(await store.lastSearch(person, 0, 200)).toBe('pan');
      expect(await store.lastSearch(person, 0, 400)).toBe('pan');
      expect(await store.lastSearch(person, 200, 400)).toBe('pan');
      expect(await store.lastSearch(person, 201, 400)).toBeUndefined();
      await store.joinVisitor('w', 'u1');
      expect(await store.lastSearch(person, 0, 400)).toBe('soap');
      expect(await store.lastSearch((await store.personOf({ visitorId: 'w' }))!, 0, 230)).toBe('pan');
      await store.seal(10_000);
      expect(await store.lastSearch(person, 0, 400)).toBeUndefined();
    });

    test("a visitor's history joins the customer's at sign-in, live and sealed", async () => {
      await importEvents('i1', [view('a', 1, { visitorId: 'cookie' })]);
      await store.appendEvents([view('b', 2, { visitorId: 'cookie' }), view('x', 2, { visitorId: 'other' })]);
      await store.seal(3);
      await store.appendEvents([view('c', 3, { visitorId: 'cookie' })]);
      const visitor = (await store.personOf({ visitorId: 'cookie' }))!;
      expect((await store.readEvents({ person: visitor })).length).toBe(3);
      await store.appendEvents([view('d', 4, { visitorId: 'cookie', userId: 'ann' })]);
      await store.appendEvents([view('e', 5, { visitorId: 'cookie' }), view('f', 6, { userId: 'ann' })]);
      const ann = (await store.personOf({ userId: 'ann' }))!;
      expect(await store.personOf({ visitorId: 'cookie' })).toBe(ann);
      const events = await store.readEvents({ person: ann });
      expect(events.time).toEqual(Float64Array.of(1, 2, 3, 4, 5, 6));
      expect(new Set(events.person)).toEqual(new Set([ann]));
      const all = await store.readEvents();
      expect(all.person.filter((person) => person === ann).length).toBe(6);
      await store.joinVisitor('other', 'ann');
      expect((await store.readEvents({ person: ann })).length).toBe(7);
      expect((await store.status()).people).toBe(1);
    });

    test('an import joins its own visitors, and a second customer of one browser gets only what follows', async () => {
      await store.appendEvents([view('z', 1, { visitorId: 'v' })]);
      await importEvents('i1', [
        view('a', 2, { visitorId: 'v' }),
        view('b', 3, { visitorId: 'v', userId: 'ann' }),
        view('c', 4, { visitorId: 'v' }),
        view('d', 5, { visitorId: 'v', userId: 'ben' }),
        view('e', 6, { visitorId: 'v' }),
        view('s1', 7, { sessionId: 'only-session' }),
        view('s2', 8, { sessionId: 'only-session' }),
        view('n', 9),
      ]);
      await store.appendEvents([view('f', 10, { visitorId: 'v' })]);
      const times = async (userId: string) =>
        (await store.readEvents({ person: (await store.personOf({ userId }))! })).time;
      const ann = [...(await times('ann'))];
      const ben = [...(await times('ben'))];
      expect([...ann, ...ben].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 10]);
      expect(ann).toEqual([1, 2, 3, 4]);
      const session = (await store.personOf({ visitorId: 'session:only-session' }))!;
      expect((await store.readEvents({ person: session })).length).toBe(2);
      expect((await store.readEvents()).length).toBe(10);
    });

    test('a product comes back whole, and again after it changed', async () => {
      await store.putProducts([mug, { ...mug, productId: 'cup', title: 'Cup', variants: [] }]);
      expect(await store.product('mug')).toEqual(mug);
      expect(await store.product('none')).toBeUndefined();
      const bare: Product = {
        productId: 'mug',
        title: 'Mug',
        categories: [],
        attributes: {},
        images: [],
        variants: [],
      };
      await store.putProducts([bare]);
      const listed: Product[] = [];
      for await (const product of store.products()) listed.push(product);
      expect(listed.map(({ productId }) => productId)).toEqual(['cup', 'mug']);
      expect(listed[1]).toEqual(bare);
      expect(await store.status()).toMatchObject({ products: 2, variants: 0 });
    });

    test('facts hold from their time until the next of their kind, variant and place', async () => {
      const facts: TimedFact[] = [
        { fact: 'price', variantId: 'mug-s', place: '', from: 10, priceMinor: 500, currency: 'GBP' },
        {
          fact: 'price',
          variantId: 'mug-s',
          place: '',
          from: 20,
          priceMinor: 400,
          currency: 'GBP',
          listPriceMinor: 500,
        },
        { fact: 'price', variantId: 'mug-s', place: 'York', from: 15, priceMinor: 450, currency: 'GBP' },
        { fact: 'stock', variantId: 'mug-s', place: 'York', from: 12, unitsOnHand: 7 },
        { fact: 'promotion', variantId: 'mug-s', place: '', from: 12, promotionId: 'may', discount: 0.25 },
        { fact: 'promotion', variantId: 'mug-s', place: '', from: 18, promotionId: '', discount: 0 },
      ];
      await store.putFacts(facts.slice(0, 2));
      await store.putFacts(facts.slice(2));
      const at = async (time: number) =>
        (await store.factsAt(time)).sort(
          (a, b) => facts.findIndex((f) => f.from === a.from) - facts.findIndex((f) => f.from === b.from),
        );
      expect(await at(9)).toEqual([]);
      expect(await at(11)).toEqual([facts[0]]);
      expect(new Set(await at(16))).toEqual(new Set([facts[0], facts[2], facts[3], facts[4]]));
      expect(new Set(await at(99))).toEqual(new Set([facts[1], facts[2], facts[3], facts[5]]));
      const all = [];
      for await (const fact of store.facts()) all.push(fact);
      expect(new Set(all)).toEqual(new Set(facts));
      expect(all.filter(({ fact, place }) => fact === 'price' && place === '').map(({ from }) => from)).toEqual([
        10, 20,
      ]);
      const version = await store.catalogueVersion();
      await store.putFacts([{ ...facts[3]!, unitsOnHand: 6 } as TimedFact]);
      expect(await store.catalogueVersion()).toBeGreaterThan(version);
      expect(await at(13)).toContainEqual({ ...facts[3], unitsOnHand: 6 });
    });

    test('changes of the catalogue are told by their ids, whatever made them, or as all', async () => {
      const cup = { ...mug, productId: 'cup', variants: [{ variantId: 'cup-1', options: {} }] };
      const price = (variantId: string, from = 5): TimedFact => ({
        ...{ fact: 'price', variantId, place: '', from, priceMinor: 100, currency: 'EUR' },
      });
      await store.putProducts([mug, cup]);
      let version = await store.catalogueVersion();
      const changes = async () => {
        const found = await store.catalogueChanges(version);
        version = await store.catalogueVersion();
        if (found) expect(found.version).toBe(version);
        return found && { products: found.products.toSorted(), variants: found.variants.toSorted() };
      };
      expect(await changes()).toEqual({ products: [], variants: [] });
      await store.putFacts([price('mug-s'), price('mug-s', 9)]);
      expect(await changes()).toEqual({ products: [], variants: ['mug-s'] });
      await Promise.all([store.putProducts([cup]), store.putFacts([price('cup-1')]), store.putProducts([])]);
      expect(await changes()).toEqual({ products: ['cup'], variants: ['cup-1'] });
      const before = version;
      await importEvents('i1', [view('a', 1)], { products: [{ ...mug, title: 'Other' }], facts: [price('mug-l')] });
      expect(await changes()).toEqual({ products: ['mug'], variants: ['mug-l'] });
      // The shop told of all of it, since then and since before.
      expect((await store.catalogueChanges(before))?.products).toEqual(['mug']);
      await store.undoImport('i1');
      const undone = await changes();
      if (undone) expect(undone).toEqual({ products: ['mug'], variants: ['mug-l'] });
      expect(await store.catalogueChanges(version + 5)).toBeUndefined();
      const found: TimedFact[] = [];
      for await (const fact of store.facts({ since: 7, variantIds: ['mug-s', 'cup-1', 'none'] })) found.push(fact);
      expect(found).toEqual(expect.arrayContaining([price('mug-s'), price('mug-s', 9), price('cup-1')]));
      expect(found.length).toBe(3);
    });

    test('a variant is of one product, the last that named it, and the other one has changed too', async () => {
      const [pot, jug] = ['pot', 'jug'].map((productId) => ({ ...mug, productId }));
      await store.putProducts([pot!]);
      const version = await store.catalogueVersion();
      await store.putProducts([jug!]);
      expect((await store.product('pot'))!.variants).toEqual([]);
      expect((await store.product('jug'))!.variants).toEqual(mug.variants);
      expect((await store.catalogueChanges(version))!.products.toSorted()).toEqual(['jug', 'pot']);
    });

    test('facts of a span are those that hold at some time of it', async () => {
      const stock = (from: number, place = ''): TimedFact => ({
        ...{ fact: 'stock', variantId: 'mug-s', place, from, unitsOnHand: from },
      });
      await store.putFacts([stock(10), stock(20), stock(30), stock(40), stock(5, 'York'), stock(20, 'Leeds')]);
      const during = async (span: { since?: number; until?: number }) => {
        const times: string[] = [];
        for await (const { from, place } of store.facts(span)) times.push(`${place}${from}`);
        return times.sort();
      };
      expect(await during({})).toEqual(['10', '20', '30', '40', 'Leeds20', 'York5']);
      expect(await during({ since: 20 })).toEqual(['20', '30', '40', 'Leeds20', 'York5']);
      expect(await during({ since: 25, until: 31 })).toEqual(['20', '30', 'Leeds20', 'York5']);
      expect(await during({ until: 20 })).toEqual(['10', 'York5']);
      expect(await during({ since: 100 })).toEqual(['40', 'Leeds20', 'York5']);
    });

    test('a product keeps how it was described before, and until when', async () => {
      const product = (colour: string, more: Partial<Product> = {}): Product => ({
        ...{
          productId: 'mug',
          title: 'Mug',
          categories: [['Kitchen']],
          attributes: { colour },
          images: [],
          variants: [],
        },
        ...more,
      });
      const former = async () => {
        const all = [];
        for await (const one of store.formerDescriptions()) all.push(one);
        return all;
      };
      await store.putProducts([product('red'), product('grey', { productId: 'cup' })]);
      await store.putProducts([product('red', { title: 'Big mug', hidden: true })]);
      expect(await former()).toEqual([]);
      const before = Date.now();
      await store.putProducts([product('blue', { brand: 'Kiln' })]);
      await sleep(3);
      await store.putProducts([product('green', { brand: 'Kiln' }), product('pink', { productId: 'cup' })]);
      const after = Date.now();
      const told = await former();
      expect(told.map(({ until: _, ...said }) => said)).toEqual([
        { productId: 'cup', categories: [['Kitchen']], attributes: { colour: 'grey' } },
        { productId: 'mug', categories: [['Kitchen']], attributes: { colour: 'red' } },
        { productId: 'mug', categories: [['Kitchen']], attributes: { colour: 'blue' }, brand: 'Kiln' },
      ]);
      const times = told.map(({ until }) => until);
      expect(Math.min(...times)).toBeGreaterThanOrEqual(before);
      expect(Math.max(...times)).toBeLessThanOrEqual(after);
      expect(times[1]).toBeLessThan(times[2]!);
      // Of two changes in one moment that before the first stands.
      const now = Date.now();
      for (let n = 0; n <= formerDescriptionsKept || Date.now() < now + 2 * formerDescriptionsKept; n++) {
        await store.putProducts([product(`shade ${n}`)]);
        await sleep(1);
      }
      const kept = (await former()).filter(({ productId }) => productId === 'mug');
      expect(kept.length).toBe(formerDescriptionsKept);
      expect(kept.some(({ attributes }) => attributes['colour'] === 'red')).toBe(false);
      const untils = kept.map(({ until }) => until);
      expect(untils).toEqual([...untils].sort((a, b) => a - b));
    });

    test('profiles are kept under the customer, and forgetting takes name and profile but not what happened', async () => {
      await store.putUsers([{ userId: 'ann', attributes: { city: 'York' } }]);
      await store.appendEvents([view('a', 1, { userId: 'ann', visitorId: 'v' }), view('b', 2, { userId: 'ben' })]);
      expect(await store.user('ann')).toEqual({ userId: 'ann', attributes: { city: 'York' } });
      expect(await store.user('ben')).toEqual({ userId: 'ben', attributes: {} });
      expect(await store.user('eve')).toBeUndefined();
      const before = await store.personOf({ userId: 'ann' });
      const customers = async () => {
        const found = [];
        for await (const customer of store.customers()) found.push(customer);
        return found;
      };
      const ben = { userId: 'ben', person: await store.personOf({ userId: 'ben' }) };
      expect(await customers()).toEqual([{ userId: 'ann', person: before }, ben]);
      expect(await store.forget('ann')).toBe(true);
      expect(await store.forget('ann')).toBe(false);
      expect(await customers()).toEqual([ben]);
      expect(await store.user('ann')).toBeUndefined();
      expect(await store.personOf({ visitorId: 'v' })).toBeUndefined();
      expect((await store.readEvents()).length).toBe(2);
      await store.appendEvents([view('c', 3, { userId: 'ann' })]);
      expect(await store.personOf({ userId: 'ann' })).not.toBe(before);
    });

    test('an import brings catalogue, users, facts and quarantine with its events, or nothing at all', async () => {
      await analytics.execute(
        `CREATE TABLE aside AS SELECT 'bots' AS step, 'orders.csv' AS file, i AS line, 'too fast' AS reason, '{"id":"' || i || '"}' AS "row"
         FROM range(1, 4) r(i) UNION ALL SELECT 'zero-prices', 'orders.csv', 9, 'zero', '{"id":"9"}'`,
      );
      const more = {
        products: [mug],
        users: [
          { userId: 'ann', attributes: { city: 'York' } },
          { userId: 'zoe', attributes: {} },
        ],
        facts: [{ fact: 'stock', variantId: 'mug-s', place: '', from: 1, unitsOnHand: 2 } satisfies TimedFact],
        quarantine: { analytics, table: 'aside' },
      };
      const failing = function* (): Generator<Product> {
        yield mug;
        throw new Error('the reader broke');
      };
      await expect(
        importEvents('bad', [view('a', 1, { userId: 'ann' })], { ...more, products: failing() }),
      ).rejects.toThrow('the reader broke');
      expect(await store.status()).toMatchObject({
        products: 0,
        people: 0,
        liveEvents: 0,
        sealedEvents: 0,
        imports: [],
      });
      expect(await store.personOf({ userId: 'ann' })).toBeUndefined();
      await importEvents('good', [view('a', 1, { userId: 'ann' })], more);
      expect(await store.status()).toMatchObject({ products: 1, variants: 2, people: 2, sealedEvents: 1 });
      expect((await store.status()).imports).toEqual([{ ...reportOf('good'), eventsKept: 1 }]);
      expect(await store.user('ann')).toEqual(more.users[0]);
      expect(await store.factsAt(5)).toEqual(more.facts);
      const held = async (filter?: { step?: string; limit?: number }) => {
        const rows = [];
        for await (const row of store.quarantined(filter)) rows.push(row);
        return rows;
      };
      expect((await held()).map(({ line }) => line)).toEqual([1, 2, 3, 9]);
      expect((await held({ step: 'bots', limit: 2 }))[1]).toEqual({
        importId: 'good',
        step: 'bots',
        file: 'orders.csv',
        line: 2,
        reason: 'too fast',
        row: { id: '2' },
      });
      await store.dropQuarantined('good', 'bots');
      expect((await held()).map(({ step }) => step)).toEqual(['zero-prices']);
      await store.dropQuarantined('good');
      expect(await held()).toEqual([]);
    });

    test('what does not pass is refused by itself and by name, and the others of its batch and group are stored', async () => {
      const hostile: readonly [unknown, string][] = [
        [null, ''],
        ['text', ''],
        [{ ...view('x', 1), kind: 'purchased' }, 'kind'],
        [{ ...view('x', 1), time: Number.NaN }, 'time'],
        [{ ...view('x', 1), time: null }, 'time'],
        [{ ...view('x', 1), time: '' }, 'time'],
        [{ ...view('x', 1), time: [] }, 'time'],
        [{ ...view('x', 1), time: 1e17 }, 'time'],
        [{ ...view('x', 1), productId: {} }, 'productId'],
        [{ ...view('x', 1), userId: 42 }, 'userId'],
        [{ ...view('x', 1), userId: '' }, 'userId'],
        [{ ...view('x', 1), userId: '\ud800' }, 'userId'],
        [{ ...view('', 1) }, 'eventId'],
        [{ ...view('x'.repeat(600), 1) }, 'eventId'],
        [{ ...view('x', 1), priceMinor: 1e16 }, 'priceMinor'],
        [{ ...view('x', 1), flags: 1e16 }, 'flags'],
        [{ ...view('x', 1), quantity: 1e308 }, 'quantity'],
        [{ ...view('x', 1), quantity: 5n }, 'quantity'],
        [{ ...view('x', 1), position: -1 }, 'position'],
        [{ ...view('x', 1), usrId: 'u' }, 'usrId'],
      ];
      const answers = await Promise.all([
        store.appendEvents([view('a', 1), ...hostile.map(([event]) => event as ShopEvent), view('b', 2)]),
        ...Array.from({ length: 5 }, (_, n) => store.appendEvents([view(`other${n}`, 3)])),
      ]);
      const [mixed, ...others] = answers;
      expect([mixed![0], mixed!.at(-1)]).toEqual(['stored', 'stored']);
      for (const [n, [event, field]] of hostile.entries())
        expect(
          mixed![n + 1],
          JSON.stringify(event, (_, v) => (typeof v === 'bigint' ? 'big' : v)),
        ).toMatchObject({
          field,
          refused: expect.stringMatching(/^event.*expected .*got /),
        });
      expect(others).toEqual(Array.from({ length: 5 }, () => ['stored']));
      expect((await store.readEvents()).length).toBe(7);
    });

    test('a catalogue that no reader could hold is refused row by row, and what was there stays', async () => {
      await store.putProducts([mug]);
      const { variants: _, ...headless } = mug;
      const products: readonly [object, string][] = [
        [{ ...mug, categories: 'Home' }, 'categories'],
        [{ ...mug, categories: [null] }, 'categories'],
        [{ ...mug, attributes: null }, 'attributes'],
        [{ ...mug, attributes: { size: 4 } }, 'attributes'],
        [{ ...mug, createdTime: 1e17 }, 'createdTime'],
        [{ ...mug, variants: [{ variantId: 'v' }] }, 'variants'],
        [{ ...mug, hidden: 'no' }, 'hidden'],
        [headless, 'variants'],
      ];
      const put = await store.putProducts([
        ...products.map(([product]) => product as Product),
        { ...mug, productId: 'cup', variants: [] },
      ]);
      expect(put.at(-1)).toBe('stored');
      for (const [n, [, field]] of products.entries()) expect(put[n]).toMatchObject({ field });
      expect(await store.product('mug')).toEqual(mug);
      const price: TimedFact = {
        ...{ fact: 'price', variantId: 'mug-s', place: '', from: 1, priceMinor: 5, currency: 'EUR' },
      };
      const facts: readonly [object, string][] = [
        [{ ...price, priceMinor: 9_007_199_254_740_992 }, 'priceMinor'],
        [{ ...price, priceMinor: Number.POSITIVE_INFINITY }, 'priceMinor'],
        [{ ...price, fact: 'cost' }, 'fact'],
        [{ ...price, from: '1' }, 'from'],
        [{ fact: 'stock', variantId: 'mug-s', place: '', from: 1, unitsOnHand: Number.NaN }, 'unitsOnHand'],
        [{ fact: 'promotion', variantId: 'mug-s', place: '', from: 1, promotionId: 'x', discount: 2 }, 'discount'],
      ];
      const told = await store.putFacts([...facts.map(([fact]) => fact as TimedFact), price]);
      expect(told.at(-1)).toBe('stored');
      for (const [n, [, field]] of facts.entries()) expect(told[n]).toMatchObject({ field });
      expect(await store.factsAt(5)).toEqual([price]);
      const users = [
        null,
        { userId: 7, attributes: {} },
        { userId: 'u', attributes: { a: null } },
        { userId: 'ok', attributes: {} },
      ];
      expect((await store.putUsers(users as never)).map((answer) => answer === 'stored')).toEqual([
        false,
        false,
        false,
        true,
      ]);
      for (const more of [
        { products: [{ ...mug, attributes: null } as never] },
        { facts: [facts[0]![0] as TimedFact] },
        { users: [users[1] as never] },
      ])
        await expect(importEvents('bad', [view('i', 1)], more)).rejects.toMatchObject({ code: 'SW_INPUT_ROW' });
      await expect(importEvents('bad2', [view('i', 1, { quantity: 1e39 })])).rejects.toMatchObject({
        code: 'SW_INPUT_ROW',
        message: expect.stringContaining('quantity'),
      });
      expect((await store.readEvents()).length).toBe(0);
    });

    test('deleted events are gone, live and sealed, and nothing else is', async () => {
      await importEvents('i1', [
        view('a1', 1, { userId: 'ann', productId: 'tea' }),
        view('a2', 2, { userId: 'ann', productId: 'pot', kind: 'purchase' }),
        view('b1', 3, { userId: 'ben', productId: 'tea' }),
      ]);
      await importEvents('i2', [view('c1', 4, { userId: 'cat', productId: 'cup' })]);
      await store.appendEvents([
        view('a3', 5, { userId: 'ann', productId: 'tea' }),
        view('b2', 6, { userId: 'ben', productId: "o'clock" }),
        { eventId: 's', kind: 'search', time: 7, userId: 'ben', text: 'tea' },
      ]);
      const left = async () => (await store.readEvents()).time.toSorted().join();
      expect(await store.deleteEvents({ eventIds: ['none'], kinds: ['purchase'] })).toBe(0);
      expect(await left()).toBe('1,2,3,4,5,6,7');
      expect(await store.deleteEvents({ productId: 'tea', until: 5 })).toBe(2);
      expect(await left()).toBe('2,4,5,6,7');
      expect(await store.deleteEvents({ productId: "o'clock" })).toBe(1);
      // A whole segment goes, and a person's part of another.
      expect(await store.deleteEvents({ eventIds: ['c1'] })).toBe(1);
      expect(
        await store.deleteEvents({ person: (await store.personOf({ userId: 'ann' }))!, kinds: ['purchase'] }),
      ).toBe(1);
      expect(await left()).toBe('5,7');
      expect(await store.status()).toMatchObject({ liveEvents: 2, sealedEvents: 0 });
      // A deleted id may come again; one that stayed may not.
      expect(await store.appendEvents([view('c1', 8), view('a3', 8)])).toEqual(['stored', 'duplicate']);
    });

    test('an import is taken back whole: what it replaced returns, what came since stays, in any order of taking back', async () => {
      const product = (productId: string, title: string): Product => ({
        ...{ productId, title, categories: [['Cups']], attributes: { made: title }, images: [] },
        variants: [{ variantId: `${productId}-1`, options: {} }],
      });
      const price = (variantId: string, priceMinor: number): TimedFact => ({
        ...{ fact: 'price', variantId, place: '', from: 5, priceMinor, currency: 'EUR' },
      });
      const titles = async (): Promise<string[]> => {
        const found: string[] = [];
        for await (const { title, variants } of store.products()) found.push(`${title} ${variants[0]!.variantId}`);
        return found;
      };
      const prices = async (): Promise<string[]> =>
        (await store.factsAt(9))
          .map((fact) => `${fact.variantId} ${(fact as { priceMinor: number }).priceMinor}`)
          .sort();
      const times = async (): Promise<number[]> => [...(await store.readEvents()).time].sort((a, b) => a - b);

      await store.putProducts([product('a', 'put')]);
      await store.putFacts([price('a-1', 1)]);
      await store.appendEvents([view('own', 1, { userId: 'cid' })]);
      await importEvents(
        'i1',
        [view('e1', 11, { userId: 'ann' }), view('e2', 12, { userId: 'ben' }), view('e3', 13, { userId: 'cid' })],
        {
          products: [product('a', 'first'), product('b', 'first'), product('c', 'first')],
          users: [{ userId: 'ann', attributes: { plan: 'first' } }],
          facts: [price('a-1', 2), price('b-1', 2)],
        },
      );
      await importEvents('i2', [view('e1', 11, { userId: 'ann' }), view('e4', 14, { userId: 'ann' })], {
        products: [product('a', 'second'), product('b', 'second')],
        users: [{ userId: 'ann', attributes: { plan: 'second' } }],
        facts: [price('a-1', 3), price('b-1', 3)],
      });
      await store.putProducts([product('c', 'mine')]);
      expect(await titles()).toEqual(['second a-1', 'second b-1', 'mine c-1']);

      const undone = await store.undoImport('i1');
      expect(undone).toMatchObject({ importId: 'i1', events: 3, products: 0, profiles: 0, people: 1 });
      expect(await times()).toEqual([1, 14]);
      expect(await titles()).toEqual(['second a-1', 'second b-1', 'mine c-1']);
      expect(await store.personOf({ userId: 'ben' })).toBeUndefined();
      expect(await store.user('ann')).toEqual({ userId: 'ann', attributes: { plan: 'second' } });
      expect((await store.status()).imports.map(({ importId }) => importId)).toEqual(['i2']);
      await expect(store.undoImport('i1')).rejects.toMatchObject({ code: 'SW_USAGE' });

      expect(await store.undoImport('i2')).toMatchObject({ events: 1, products: 2, profiles: 1, people: 1 });
      expect(await times()).toEqual([1]);
      expect(await titles()).toEqual(['put a-1', 'mine c-1']);
      expect(await prices()).toEqual(['a-1 1']);
      expect(await store.user('ann')).toBeUndefined();
      expect(await store.personOf({ userId: 'cid' })).toBeDefined();
      for await (const { productId } of store.formerDescriptions()) expect(productId).toBe('c');
      // The same file may come again.
      await importEvents('i3', [view('e1', 11, { userId: 'ann' })]);
      expect(await times()).toEqual([1, 11]);
    });

    test('an order line that comes again is changed, one that is cancelled is withdrawn, and both are taken back in any order', async () => {
      const line = (eventId: string, more: Partial<ShopEvent> = {}): ShopEvent => ({
        ...view(eventId, 10, { userId: 'ann' }),
        ...{ kind: 'purchase', productId: 'mug', quantity: 1, priceMinor: 900, currency: 'EUR', ...more },
      });
      let tables = 0;
      const importLines = async (importId: string, events: readonly ShopEvent[], withdrawn: readonly string[] = []) => {
        const table = `lines_${++tables}`;
        await stage(
          analytics,
          events,
          table,
          events.map(({ eventId }) => eventId),
        );
        await analytics.append(`${table}_gone`, [{ name: 'event_id', type: 'VARCHAR', values: withdrawn }]);
        const ofEvents = { analytics, table, ...(withdrawn.length > 0 && { withdrawn: `${table}_gone` }) };
        return store.commitImport({
          ...{ report: reportOf(importId), products: [], users: [], facts: [], events: ofEvents },
        });
      };
      const lines = async (): Promise<string[]> => {
        const { length, time, quantity, priceMinor, flags, person } = await store.readEvents();
        const [ann, ben] = [await store.personOf({ userId: 'ann' }), await store.personOf({ userId: 'ben' })];
        const who = (key: number): string => (key === ann ? 'ann' : key === ben ? 'ben' : 'nobody');
        return Array.from(
          { length },
          (_, i) => `${who(person[i]!)} ${time[i]} ${quantity[i]} x ${priceMinor[i]} ${flags[i]}`,
        ).sort();
      };
      const first = [line('l1'), line('l2', { quantity: 2 }), line('l3', { time: 30 }), line('l4', { time: 40 })];
      const many = Array.from({ length: 20 }, (_, i) => line(`m${i}`, { time: 100 + i, userId: 'ben' }));
      await importLines('i1', [...first, ...many]);
      const before = await lines();

      // Another price; refunded, of an unknown quantity; the same; cancelled.
      const told = await importLines(
        'i2',
        [
          line('l1', { priceMinor: 700 }),
          line('l2', {
            ...{ quantity: 1, flags: eventFlags.imputedQuantity | eventFlags.refunded, priceMinor: undefined as never },
          }),
          line('l3', { time: 30 }),
          line('l5', { time: 50 }),
        ],
        ['l4', 'never-seen'],
      );
      expect(told).toMatchObject({ eventsKept: 1, eventsKnown: 3, eventsChanged: 2, eventsWithdrawn: 1 });
      const second = [
        ...['ann 10 1 x 700 0', 'ann 10 2 x 900 16', 'ann 30 1 x 900 0', 'ann 50 1 x 900 0'],
        ...before.filter((text) => text.startsWith('ben')),
      ];
      expect(await lines()).toEqual(second.toSorted());

      // Again nothing new; then another customer and time of the line that had changed.
      expect(await importLines('i3', [line('l1', { priceMinor: 700 })])).not.toHaveProperty('eventsChanged');
      await importLines('i4', [line('l1', { priceMinor: 700, userId: 'ben', time: 60 })]);
      expect(await lines()).toContain('ben 60 1 x 700 0');

      // Taken back from the middle: what i4 says still stands; what only i2 said does not.
      expect(await store.undoImport('i2')).toMatchObject({ events: 2 });
      expect(await lines()).toEqual(
        [...before.filter((text) => text !== 'ann 10 1 x 900 0'), 'ben 60 1 x 700 0'].toSorted(),
      );
      await store.undoImport('i3');
      await store.undoImport('i4');
      expect(await lines()).toEqual(before);
      await store.seal(1_000);
      expect(await lines()).toEqual(before);

      // What is deleted for ever does not come back with an import that had changed it.
      await importLines('i5', [line('l1', { priceMinor: 1 })], ['l2']);
      await store.deleteEvents({ eventIds: ['l1', 'l2'] });
      await store.undoImport('i5');
      expect(await lines()).toEqual(before.filter((text) => !text.startsWith('ann 10 ')));
      // An import that is taken back while another has changed its lines leaves what the other says.
      await importLines('i6', [line('l3', { time: 31 })]);
      await store.undoImport('i1');
      expect(await lines()).toEqual(['ann 31 1 x 900 0']);
      await store.undoImport('i6');
      expect(await lines()).toEqual([]);
    });

    test('many callers at once each get their own answers', async () => {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, caller) =>
          store.appendEvents([
            view(`e${caller % 25}`, caller, { userId: `u${caller % 7}` }),
            view(`own${caller}`, caller),
          ]),
        ),
      );
      expect(answers.map(([shared]) => shared).filter((answer) => answer === 'stored').length).toBe(25);
      expect(answers.every(([, own]) => own === 'stored')).toBe(true);
      expect((await store.readEvents()).length).toBe(75);
    });

    test('after it was closed every call is refused by name, and closing again is nothing', async () => {
      await store.appendEvents([view('a', 1, { userId: 'ann' })]);
      await store.close();
      const closed = { code: 'SW_SHOP_CLOSED' };
      const asked = async (work: () => Promise<unknown>) => expect(async () => work()).rejects.toMatchObject(closed);
      await asked(() => store.appendEvents([view('b', 2)]));
      await asked(() => store.readEvents());
      await asked(() => store.readEvents({ person: 1 }));
      await asked(() => store.putProducts([mug]));
      await asked(() => store.personOf({ userId: 'ann' }));
      await asked(() => store.factsAt(1));
      await asked(() => store.products()[Symbol.asyncIterator]().next() as Promise<unknown>);
      await asked(() => store.status());
      await asked(() => store.seal(5));
      await asked(() => store.forget('ann'));
      await store.close();
    });

    test('SQL sees events, profiles and products, joined visitors as one person', async () => {
      await store.putProducts([mug]);
      await store.putUsers([{ userId: 'ann', attributes: { city: 'York', tier: 'gold' } }]);
      await importEvents('i1', [view('a', 1, { visitorId: 'v', device: 'phone' })]);
      await store.appendEvents([
        view('b', 2, { visitorId: 'v', userId: 'ann', value: 4 }),
        view('c', 2, { userId: 'ben' }),
      ]);
      const ann = (await store.personOf({ userId: 'ann' }))!;
      await store.writeTables(analytics, { person: ann });
      expect(await analytics.rows('SELECT person, time, device, value FROM events ORDER BY time')).toEqual([
        { person: ann, time: 1, device: 'phone', value: null },
        { person: ann, time: 2, device: null, value: 4 },
      ]);
      expect(await analytics.rows('SELECT name, value FROM profiles ORDER BY name')).toEqual([
        { name: 'city', value: 'York' },
        { name: 'tier', value: 'gold' },
      ]);
      expect(await analytics.rows('SELECT product_id, brand FROM products')).toEqual([
        { product_id: 'mug', brand: 'Potter' },
      ]);
      expect(await analytics.rows('SELECT category FROM product_categories ORDER BY category')).toEqual([
        { category: 'Gifts' },
        { category: 'Home > Kitchen' },
      ]);
    });
  });
}
