/** A product of a slate: picture, price, chance, reasons, signals, and what a shopper may do with it. */
import type { SlateItem } from '../api.ts';
import type { Desk } from '../view.ts';
import { Picture } from './picture.tsx';
import { SignalList } from './signal-list.tsx';

export type Act = 'view_item' | 'add_to_cart' | 'purchase';

export interface ProductCardProps {
  readonly item: SlateItem;
  /** Where it stood on the slate before, from 0; absent where it was not there or nothing was. */
  readonly before?: number;
  readonly place: number;
  readonly isNew: boolean;
  /** False for lists that give no reasons. */
  readonly explains: boolean;
  readonly desk: Desk;
  /** Absent where nobody acts. */
  readonly onAct?: (act: Act, item: SlateItem, place: number) => void;
}

export function ProductCard({ item, before, place, isNew, explains, desk, onAct }: ProductCardProps) {
  const { words, formats } = desk;
  const path = `/catalogue/${encodeURIComponent(item.productId)}`;
  const moved = before === undefined ? 0 : before - place;
  return (
    <li class="card" data-product={item.productId}>
      <a class="shown" href={path}>
        <Picture image={item.image} title={item.title} size={160} />
        <span class="title">{item.title}</span>
      </a>
      <p class="facts">
        {item.priceMinor !== undefined && <b>{formats.money(item.priceMinor, item.currency ?? 'XXX')}</b>}
        {item.probability !== undefined && (
          <span class="chance">
            {words.shopper.chance} {formats.percent(item.probability)}
          </span>
        )}
        {isNew && <span class="badge">{words.shopper.isNew}</span>}
        {moved > 0 && <span class="badge">{words.shopper.up(moved)}</span>}
        {moved < 0 && <span class="badge quiet">{words.shopper.down(-moved)}</span>}
      </p>
      {explains && (
        <ul class="reasons" aria-label={words.shopper.reasons}>
          {item.reasons.length === 0 && <li>{words.shopper.noReasons}</li>}
          {item.sentence !== undefined && <li>{item.sentence}</li>}
          {item.sentence === undefined && item.reasons.map(({ text }) => <li key={text}>{text}</li>)}
        </ul>
      )}
      {item.signals && (
        <details>
          <summary>{words.shopper.signals}</summary>
          <SignalList signals={item.signals} words={words} />
        </details>
      )}
      {onAct && (
        <p class="acts">
          {(
            [
              ['view_item', words.shopper.view],
              ['add_to_cart', words.shopper.cart],
              ['purchase', words.shopper.buy],
            ] as const
          ).map(([act, label]) => (
            <button key={act} type="button" data-act={act} onClick={() => onAct(act, item, place)}>
              {label}
              <span class="unseen"> {item.title}</span>
            </button>
          ))}
        </p>
      )}
    </li>
  );
}
