/** What the second look did to a slate: whether it counted, and the order before it beside the order after. */
import { useEffect, useState } from 'preact/hooks';
import type { Recommendation } from '../api.ts';
import type { Desk } from '../view.ts';

export function RerankNote({ slate, desk }: { slate: Recommendation; desk: Desk }) {
  const { words } = desk;
  const { rerank } = slate;
  if (!rerank) return null;
  const { status, model = '', ms, cached, reason = '', text = '' } = rerank;
  return (
    <div class="rerank" data-rerank={status}>
      <p class="quiet">
        {status === 'used'
          ? words.rerank.used(model, ms, cached)
          : `${words.rerank.not} ${words.rerank.reasons[reason] ?? text}`}
      </p>
      {status === 'used' && rerank.before && <Orders before={rerank.before} slate={slate} desk={desk} />}
    </div>
  );
}

/** Both orders, read when they are opened: what fell off the slate is looked up by its id. */
function Orders({ before, slate, desk }: { before: readonly string[]; slate: Recommendation; desk: Desk }) {
  const { words, api } = desk;
  const [isOpen, setOpen] = useState(false);
  const [titles, setTitles] = useState<ReadonlyMap<string, string>>(
    new Map(slate.items.map(({ productId, title }) => [productId, title])),
  );
  useEffect(() => {
    const unknown = before.filter((id) => !titles.has(id));
    if (!isOpen || unknown.length === 0) return;
    void Promise.all(unknown.map(async (id) => [id, (await api.product(id))?.title ?? id] as const)).then((found) =>
      setTitles(new Map([...titles, ...found])),
    );
  }, [isOpen, before, titles, api]);
  const now = slate.items.map(({ productId }) => productId);
  const lists = [
    [words.rerank.before, before],
    [words.rerank.after, now],
  ] as const;
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{words.rerank.orders}</summary>
      <p class="quiet">{words.rerank.ordersNote}</p>
      <div class="orders">
        {lists.map(([name, ids]) => (
          <section key={name} aria-label={name}>
            <h2>{name}</h2>
            <ol>
              {ids.map((id) => {
                const moved = ids === now ? before.indexOf(id) - now.indexOf(id) : 0;
                const isNew = ids === now && !before.includes(id);
                return (
                  <li key={id}>
                    <a href={`/catalogue/${encodeURIComponent(id)}`}>{titles.get(id) ?? id}</a>{' '}
                    {isNew && <span class="badge">{words.shopper.isNew}</span>}
                    {!isNew && moved > 0 && <span class="badge">{words.shopper.up(moved)}</span>}
                    {!isNew && moved < 0 && <span class="badge quiet">{words.shopper.down(-moved)}</span>}
                  </li>
                );
              })}
            </ol>
          </section>
        ))}
      </div>
    </details>
  );
}
