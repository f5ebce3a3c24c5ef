/** One shopper: who it is, what it did, and the slate that is chosen for it; with what a click changes. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Api, ListedUser, Recommendation, SlateItem } from '../api.ts';
import { CandidateTable } from '../parts/candidate-table.tsx';
import { HistoryList, type KnownEvent } from '../parts/history-list.tsx';
import { type Act, ProductCard } from '../parts/product-card.tsx';
import { RerankNote } from '../parts/rerank-note.tsx';
import type { Desk, Params, View, ViewProps } from '../view.ts';

interface Shopper {
  readonly users: readonly ListedUser[];
  readonly next?: string;
  readonly events: readonly KnownEvent[];
  readonly slate: Recommendation;
}

const shownEvents = 15;
const slateCount = 12;
const candidateCount = 50;

async function load(
  api: Api,
  { userId }: Params,
  { language, acts }: Pick<Desk, 'language' | 'acts'>,
): Promise<Shopper> {
  const [{ users, next }, events, slate] = await Promise.all([
    api.users(),
    userId === undefined ? [] : eventsOf(api, userId),
    api.slate(requestOf(userId, language, acts)),
  ]);
  return { users, events, slate, ...(next !== undefined && { next }) };
}

const requestOf = (userId: string | undefined, language: Desk['language'], isShown: boolean) => ({
  ...{ count: slateCount, signals: true, language, log: isShown },
  ...(userId !== undefined && { user: userId }),
});

async function eventsOf(api: Api, userId: string): Promise<KnownEvent[]> {
  const events = (await api.history(userId)).slice(0, shownEvents);
  return Promise.all(
    events.map(async (event): Promise<KnownEvent> => {
      const product = event.productId === undefined ? undefined : await api.product(event.productId);
      return product ? { ...event, product: { title: product.title, images: product.images } } : event;
    }),
  );
}

function ShopperPage({ data, params, desk }: ViewProps<Shopper>) {
  const { userId } = params;
  const { words, api, language } = desk;
  const [events, setEvents] = useState(data.events);
  const [slate, setSlate] = useState(data.slate);
  const [before, setBefore] = useState<ReadonlyMap<string, number>>();
  const [cart, setCart] = useState<readonly SlateItem[]>([]);
  const [acts, setActs] = useState(desk.acts);
  const [said, setSaid] = useState('');
  const isBusy = useRef(false);

  async function renew(viewing: readonly string[], nowInCart: readonly SlateItem[]): Promise<void> {
    const request = {
      ...requestOf(userId, language, true),
      ...(viewing.length > 0 && { viewing: [...viewing] }),
      ...(nowInCart.length > 0 && { cart: nowInCart.map(({ productId }) => productId) }),
    };
    const [next, past] = await Promise.all([api.slate(request), eventsOf(api, userId!)]);
    setBefore(new Map(slate.items.map(({ productId }, n) => [productId, n])));
    setSlate(next);
    setEvents(past);
  }

  async function act(kind: Act, item: SlateItem, position: number): Promise<void> {
    if (isBusy.current) return;
    isBusy.current = true;
    try {
      const { results } = await api.record({
        ...{ eventId: crypto.randomUUID(), kind, userId: userId!, productId: item.productId },
        ...{ recommendationId: slate.recommendationId, position, sessionId: sessionOf(userId!) },
        ...(item.variantId !== undefined && { variantId: item.variantId }),
        ...(kind !== 'view_item' && { quantity: 1 }),
        ...(kind !== 'view_item' &&
          item.priceMinor !== undefined && { priceMinor: item.priceMinor, currency: item.currency }),
      });
      const [result] = results;
      if (result?.status === 'refused') return setSaid(words.shopper.refused(result.reason ?? ''));
      const others = cart.filter(({ productId }) => productId !== item.productId);
      const nowInCart = kind === 'add_to_cart' ? [...others, item] : kind === 'purchase' ? others : cart;
      setCart(nowInCart);
      await renew(kind === 'view_item' ? [item.productId] : [], nowInCart);
      setSaid(words.shopper.recorded(words.kinds[kind]!, item.title));
    } catch (error) {
      setSaid(words.shopper.refused((error as Error).message));
    } finally {
      isBusy.current = false;
    }
  }

  return (
    <div class="shopper">
      <div class="side">
        <Picker data={data} userId={userId} desk={desk} />
        {userId !== undefined && (
          <section class="past" aria-labelledby="history">
            <h2 id="history">{words.shopper.history}</h2>
            <HistoryList events={events} desk={desk} />
          </section>
        )}
      </div>
      <section class="main" aria-labelledby="slate">
        <h1 id="slate">
          {words.shopper.slate}: {userId ?? words.shopper.nobody}
        </h1>
        <p class="quiet">
          {words.shopper.basis(slate.basis)} {words.shopper.chosenAmong(slate.candidates, slate.ms)}
        </p>
        {slate.fellBack.map(({ code, text }) => (
          <p class="note" key={code}>
            {words.fellBack[code] ?? text}
          </p>
        ))}
        <RerankNote key={slate.recommendationId} slate={slate} desk={desk} />
        {userId !== undefined && (
          <p class="acting">
            <label>
              <input type="checkbox" checked={acts} onChange={(event) => setActs(event.currentTarget.checked)} />{' '}
              {words.shopper.act}
            </label>{' '}
            <span class="quiet">{words.shopper.actNote}</span>
          </p>
        )}
        <p role="status" class="said">
          {said}
        </p>
        {cart.length > 0 && (
          <p class="cart">
            <b>{words.shopper.inCart}</b> {cart.map(({ title }) => title).join(' · ')}{' '}
            <button type="button" onClick={() => void renew([], []).then(() => setCart([]))}>
              {words.shopper.empty}
            </button>
          </p>
        )}
        <ol class="cards">
          {slate.items.map((item, place) => {
            const was = before?.get(item.productId);
            return (
              <ProductCard
                key={item.productId}
                {...{ item, place, desk, explains: true, isNew: before !== undefined && was === undefined }}
                {...(was !== undefined && { before: was })}
                {...(acts &&
                  userId !== undefined && {
                    onAct: (kind: Act, one: SlateItem, at: number) => void act(kind, one, at),
                  })}
              />
            );
          })}
        </ol>
        <Candidates key={slate.recommendationId} userId={userId} desk={desk} />
      </section>
    </div>
  );
}

/** Those who can be picked, and a field for the others. */
function Picker({ data, userId, desk }: { data: Shopper; userId: string | undefined; desk: Desk }) {
  const { words, api, go } = desk;
  const [users, setUsers] = useState(data.users);
  const [next, setNext] = useState(data.next);
  const more = async (): Promise<void> => {
    const page = await api.users(next);
    setUsers([...users, ...page.users]);
    setNext(page.next);
  };
  return (
    <section class="picker" aria-labelledby="pick">
      <h2 id="pick">{words.shopper.pick}</h2>
      <form
        class="find"
        onSubmit={(event) => {
          event.preventDefault();
          const id = String(new FormData(event.currentTarget).get('id') ?? '').trim();
          if (id !== '') go(`/shoppers/${encodeURIComponent(id)}`);
        }}
      >
        <label for="find">{words.shopper.find}</label>
        <input id="find" name="id" autocomplete="off" maxLength={512} />
        <button type="submit">{words.shopper.go}</button>
      </form>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
      <ul class="users" tabIndex={0} aria-label={words.shopper.pick}>
        <li>
          <a href="/" aria-current={userId === undefined ? 'page' : undefined}>
            {words.shopper.nobody}
          </a>
        </li>
        {users.map((user) => (
          <li key={user.userId}>
            <a
              href={`/shoppers/${encodeURIComponent(user.userId)}`}
              aria-current={user.userId === userId ? 'page' : undefined}
            >
              {user.userId} <span class="quiet">{words.shopper.events(user.recentEvents)}</span>
            </a>
          </li>
        ))}
        {next !== undefined && (
          <li>
            <button type="button" onClick={() => void more()}>
              {words.more}
            </button>
          </li>
        )}
      </ul>
    </section>
  );
}

/** The whole field that the slate was chosen from, read when it is opened. */
function Candidates({ userId, desk }: { userId: string | undefined; desk: Desk }) {
  const { words, api, language } = desk;
  const [isOpen, setOpen] = useState(false);
  const [items, setItems] = useState<readonly SlateItem[]>();
  useEffect(() => {
    if (!isOpen || items) return;
    const request = { ...requestOf(userId, language, false), count: candidateCount, explain: false };
    void api.slate(request).then((slate) => {
      const scored = slate.items.filter(({ probability }) => probability !== undefined);
      setItems(scored.sort((a, b) => b.probability! - a.probability!));
    });
  }, [isOpen, items, api, userId, language]);
  return (
    <details class="all" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{words.shopper.candidates}</summary>
      <p class="quiet">{words.shopper.candidatesNote}</p>
      {items ? <CandidateTable items={items} desk={desk} /> : <p>{words.loading}</p>}
    </details>
  );
}

const sessions = new Map<string, string>();

/** One session for each shopper and tab. */
function sessionOf(userId: string): string {
  const session = sessions.get(userId) ?? `desk-${crypto.randomUUID()}`;
  sessions.set(userId, session);
  return session;
}

const shared = { section: 'shoppers', load, Page: ShopperPage } as const;
export const strangerView: View<Shopper> = { ...shared, path: '/' };
export const shopperView: View<Shopper> = { ...shared, path: '/shoppers/:userId' };
