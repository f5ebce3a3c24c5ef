/** A bar that says how much a signal adds (to the right) or takes (to the left). */

/** @param most - length of a whole half, > 0 */
export function SignalBar({ value, most }: { value: number; most: number }) {
  const share = Math.min(1, Math.abs(value) / most);
  const width = 50 * share;
  return (
    <svg class={value < 0 ? 'bar against' : 'bar'} viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <line x1="50" x2="50" y1="0" y2="10" />
      <rect x={value < 0 ? 50 - width : 50} y="1" width={width} height="8" />
    </svg>
  );
}
