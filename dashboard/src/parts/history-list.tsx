/** What a shopper did, the newest first. */
import type { HistoryEvent, StoredProduct } from '../api.ts';
import type { Desk } from '../view.ts';
import { Picture } from './picture.tsx';

export interface KnownEvent extends HistoryEvent {
  /** Absent where the catalogue has none of its id. */
  readonly product?: Pick<StoredProduct, 'title' | 'images'>;
}

export function HistoryList({ events, desk }: { events: readonly KnownEvent[]; desk: Desk }) {
  const { words, formats } = desk;
  if (events.length === 0) return <p class="quiet">{words.shopper.noHistory}</p>;
  return (
    <ol class="history">
      {events.map(({ kind, time, productId, product, value, refunded }, n) => {
        const title = product?.title ?? productId ?? '';
        return (
          <li key={`${time} ${n}`} class={kind === 'purchase' ? 'bought' : ''}>
            <Picture image={product?.images[0]} title={title === '' ? '·' : title} size={40} />
            <span>
              <b>{words.kinds[kind] ?? kind}</b> {title}
              {kind === 'review' &&
                value !== undefined &&
                ` · ${'★'.repeat(Math.max(0, Math.min(5, Math.round(value))))}`}
              {refunded && ` · ${words.kinds['refund']}`}
              <time dateTime={new Date(time).toISOString()}>{formats.time(time)}</time>
            </span>
          </li>
        );
      })}
    </ol>
  );
}
