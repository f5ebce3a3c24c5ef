import { expect, test } from 'vitest';
import { Random } from '../../core/random.ts';
import { ChoiceDataBuilder } from './choice-data.ts';
import { choiceDefinitions, loadChoice } from './registry.ts';
import { fitUnmetChoice } from './unmet-choice.ts';

/** Of the met the first column tells what is chosen, of the unmet the second; the third says who is unmet. */
const columns = ['met', 'likeness', 'unmet'].map((name) => ({ name: `test.${name}`, source: 'test' }));
const options = { columns, seed: 1, threads: 1 };

function sets(count: number, seed: number) {
  const random = new Random(seed);
  const builder = new ChoiceDataBuilder(3, Infinity, seed);
  for (let n = 0; n < count; n++) {
    const features = new Float32Array(20 * 3);
    const right = new Uint8Array(20);
    const q = Float64Array.from({ length: 20 }, (_, c) => {
      const unmet = c >= 10 ? 1 : 0;
      const [met, likeness] = [unmet ? 0 : random.uniform(), random.uniform()];
      features.set([met, likeness, unmet], c * 3);
      return (unmet ? 6 * likeness - 1 : 6 * met) - Math.log(-Math.log(random.uniform()));
    });
    right[q.indexOf(Math.max(...q))] = 1;
    builder.add(features, right, 1);
  }
  return builder.build();
}
const met = await choiceDefinitions.linear.fit(sets(2, 9), options);
const data = sets(800, 4);
const choice = await fitUnmetChoice(met, data, 2, options);
const qOf = (from: typeof choice, features: Float32Array): number[] => {
  const out = new Float64Array(features.length / 3);
  from.score(features, out.length, out);
  return [...out];
};

test('what is said of the met stays, of the unmet their own columns speak', () => {
  const both = Float32Array.of(0.7, 0.1, 0, 0.2, 0.9, 0);
  expect(qOf(choice, both)).toEqual(qOf(met, both));
  const [none, half, whole] = qOf(choice, Float32Array.of(0, 0, 1, 0, 0.5, 1, 0, 1, 1));
  expect(half! - none!).toBeCloseTo(whole! - half!, 5);
  expect(whole! - none!).toBeGreaterThan(3);
});

test('an unmet product stands among the met as often as it was chosen', () => {
  let [said, chosen] = [0, 0];
  const again = sets(400, 5);
  for (let s = 0; s < 400; s++) {
    const [from, to] = [again.offsets[s]!, again.offsets[s + 1]!];
    const features = again.features.subarray(from * 3, to * 3);
    const q = qOf(choice, features);
    const sum = q.reduce((all, one) => all + Math.exp(one), 0);
    for (let c = 0; c < q.length; c++) {
      if (features[c * 3 + 2] !== 1) continue;
      said += Math.exp(q[c]!) / sum / 400;
      chosen += again.right[from + c]! / 400;
    }
  }
  expect(Math.abs(said - chosen)).toBeLessThan(0.06);
});

test('parts sum to q, and what is saved says the same', async () => {
  const loaded = await loadChoice(structuredClone(choice.state()));
  for (const row of [Float32Array.of(0.3, 0.6, 0), Float32Array.of(0, 0.6, 1)]) {
    const parts = new Float64Array(3);
    const base = choice.attribute(row, parts);
    expect(base + parts.reduce((a, b) => a + b, 0)).toBeCloseTo(qOf(choice, row)[0]!, 5);
    expect(qOf(loaded, row)).toEqual(qOf(choice, row));
  }
});
