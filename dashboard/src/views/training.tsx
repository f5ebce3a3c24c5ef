/** Training: how far it is, and what it measured. */
import { useEffect, useState } from 'preact/hooks';
import type { Training } from '../api.ts';
import { Scroll } from '../parts/scroll.tsx';
import type { Desk, View, ViewProps } from '../view.ts';

const lookAgainMs = 500;

function TrainingPage({ data, desk }: ViewProps<Training>) {
  const { words, api } = desk;
  const [training, setTraining] = useState(data);
  const [failed, setFailed] = useState('');
  useEffect(() => {
    if (!training.running) return;
    const timer = setTimeout(() => {
      void api.training().then(setTraining, (error: Error) => setFailed(error.message));
    }, lookAgainMs);
    return () => clearTimeout(timer);
  }, [training, api]);
  const start = (): void => {
    setFailed('');
    void api.train().then(setTraining, (error: Error) => setFailed(error.message));
  };
  const { running, share = 0, note = '' } = training;
  return (
    <section aria-labelledby="training">
      <h1 id="training">{words.train.heading}</h1>
      <p>
        <button type="button" disabled={running} onClick={start}>
          {words.train.start}
        </button>
      </p>
      <div role="status">
        {running && (
          <p class="progress">
            <label for="progress">{words.train.running}</label>
            <progress id="progress" max={1} value={share} /> {Math.floor(100 * share)}%{' '}
            <span class="quiet">{note}</span>
          </p>
        )}
        {(failed || training.failed) && (
          <p class="note">
            {words.train.failed}
            {failed || training.failed}
          </p>
        )}
      </div>
      {training.trained ? <Measured trained={training.trained} desk={desk} /> : <p>{words.train.untrained}</p>}
    </section>
  );
}

function Measured({ trained, desk }: { trained: NonNullable<Training['trained']>; desk: Desk }) {
  const { words, formats } = desk;
  const { generation, data, seconds, cases, since, metrics, intervals, skipped, rerank } = trained;
  const keys = Object.keys(Object.values(metrics)[0] ?? {});
  const best = new Map(keys.map((key) => [key, Math.max(...Object.values(metrics).map((of) => of[key] ?? 0))]));
  const { number } = formats;
  const interval = intervals['NDCG@10'];
  return (
    <>
      <h2>
        {words.shop.generation} {generation}
      </h2>
      <p>{words.train.made(number(data.events), number(data.people), number(data.items), seconds.toFixed(1))}</p>
      {cases === 0 ? (
        <p>{words.train.notMeasured}</p>
      ) : (
        <>
          <p>{words.train.measured(number(cases), (since ?? '').slice(0, 10))}</p>
          <Scroll label={words.train.model}>
            <table class="measured">
              <thead>
                <tr>
                  <th scope="col">{words.train.model}</th>
                  {keys.map((key) => (
                    <th scope="col" class="number" key={key}>
                      {key}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {Object.entries(metrics).map(([name, of]) => (
                  <tr key={name} class={name === 'selection' ? 'ours' : ''}>
                    <th scope="row">{name === 'selection' ? words.train.selection : name}</th>
                    {keys.map((key) => (
                      <td class="number" key={key}>
                        <svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                          <rect x="0" y="1" height="8" width={(100 * (of[key] ?? 0)) / (best.get(key) || 1)} />
                        </svg>
                        {of[key]?.toFixed(4)}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
          {interval && <p>{words.train.interval(interval[0]!.toFixed(4), interval[1]!.toFixed(4))}</p>}
        </>
      )}
      {rerank && <Worth rerank={rerank} desk={desk} />}
      {skipped.length > 0 && (
        <p class="quiet">
          {words.train.skipped}: {skipped.join('; ')}
        </p>
      )}
    </>
  );
}

/** What the reranker was found to be worth. */
function Worth({ rerank, desk }: { rerank: NonNullable<NonNullable<Training['trained']>['rerank']>; desk: Desk }) {
  const { words, formats } = desk;
  const { reranker = '', top, weight, answered, without, with: withIt, gain, missed } = rerank;
  if (top === undefined || weight === undefined || answered === undefined || !gain)
    return (
      <p>
        {words.rerank.nothing}
        {missed}
      </p>
    );
  const [low, high] = gain.interval.map((bound) => bound.toFixed(4));
  return (
    <p>
      {words.rerank.worth(reranker, top, formats.number(answered))}{' '}
      {words.rerank.gain(without!.toFixed(4), withIt!.toFixed(4), low!, high!)}{' '}
      {weight > 0 ? words.rerank.pays(weight.toFixed(3)) : words.rerank.paysNot}
    </p>
  );
}

export const trainingView: View<Training> = {
  section: 'training',
  path: '/training',
  load: (api) => api.training(),
  Page: TrainingPage,
};
