/** Candidates one below another, with a bar for each signal. */
import type { SlateItem } from '../api.ts';
import type { Desk } from '../view.ts';
import { Scroll } from './scroll.tsx';
import { SignalBar } from './signal-bar.tsx';
import { signed } from './signal-list.tsx';

/** Signals that matter nowhere are left out. */
const least = 0.02;

export function CandidateTable({ items, desk }: { items: readonly SlateItem[]; desk: Desk }) {
  const { words, formats } = desk;
  const strongest = new Map<string, number>();
  for (const { signals = [] } of items)
    for (const { source, value } of signals)
      strongest.set(source, Math.max(strongest.get(source) ?? 0, Math.abs(value)));
  const columns = [...strongest].filter(([, value]) => value >= least).sort((a, b) => b[1] - a[1]);
  const most = Math.max(0.01, ...columns.map(([, value]) => value));
  return (
    <Scroll label={words.shopper.candidates}>
      <table class="candidates">
        <thead>
          <tr>
            <th scope="col">{words.shopper.product}</th>
            <th scope="col">{words.shopper.chance}</th>
            {columns.map(([source]) => (
              <th scope="col" key={source}>
                {source}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map((item) => {
            const values = new Map(item.signals?.map(({ source, value }) => [source, value]));
            return (
              <tr key={item.productId}>
                <th scope="row">{item.title}</th>
                <td class="number">{item.probability === undefined ? '' : formats.percent(item.probability)}</td>
                {columns.map(([source]) => {
                  const value = values.get(source) ?? 0;
                  return (
                    <td key={source} title={signed(value)}>
                      <SignalBar value={value} most={most} />
                      <span class="unseen">{signed(value)}</span>
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}
