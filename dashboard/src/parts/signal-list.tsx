/** The signals of one product, the strongest first. */
import type { SlateItem } from '../api.ts';
import type { Words } from '../words/words.ts';
import { SignalBar } from './signal-bar.tsx';

const shown = 8;

export function SignalList({ signals, words }: { signals: NonNullable<SlateItem['signals']>; words: Words }) {
  const strongest = [...signals].sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, shown);
  const most = Math.max(0.01, ...strongest.map(({ value }) => Math.abs(value)));
  return (
    <table class="signals">
      <caption>{words.shopper.signalsOf}</caption>
      <tbody>
        {strongest.map(({ source, value }) => (
          <tr key={source}>
            <th scope="row">{source}</th>
            <td class="wide">
              <SignalBar value={value} most={most} />
            </td>
            <td class="number">{signed(value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}
