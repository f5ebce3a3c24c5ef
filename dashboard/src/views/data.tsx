/** What the shop holds, where it came from, and what cleaning did to it. */
import { useState } from 'preact/hooks';
import type { Import, SetAsideRow, Status } from '../api.ts';
import { Scroll } from '../parts/scroll.tsx';
import type { Desk, View, ViewProps } from '../view.ts';

interface Data {
  readonly status: Status;
  readonly imports: readonly Import[];
}

function DataPage({ data, desk }: ViewProps<Data>) {
  const { words, formats } = desk;
  const { status, imports } = data;
  return (
    <>
      <section aria-labelledby="shop">
        <h1 id="shop">{words.shop.heading}</h1>
        <dl class="counts">
          <Count name={words.shop.products}>{formats.number(status.products)}</Count>
          <Count name={words.shop.people}>{formats.number(status.people)}</Count>
          <Count name={words.shop.events}>{formats.number(status.events)}</Count>
          {status.firstTime !== undefined && <Count name={words.shop.from}>{formats.time(status.firstTime)}</Count>}
          {status.lastTime !== undefined && <Count name={words.shop.to}>{formats.time(status.lastTime)}</Count>}
          {status.generation !== undefined && <Count name={words.shop.generation}>{String(status.generation)}</Count>}
        </dl>
      </section>
      <section aria-labelledby="imports">
        <h2 id="imports">{words.imports.heading}</h2>
        {imports.length === 0 && <p class="quiet">{words.imports.none}</p>}
        {imports.map((one) => (
          <ImportReport key={one.importId} report={one} desk={desk} />
        ))}
      </section>
    </>
  );
}

function Count({ name, children }: { name: string; children: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function ImportReport({ report, desk }: { report: Import; desk: Desk }) {
  const { words, formats, api } = desk;
  const [step, setStep] = useState<string>();
  const [rows, setRows] = useState<readonly SetAsideRow[]>([]);
  const show = async (name: string): Promise<void> => {
    setRows(await api.setAside(report.importId, name));
    setStep(name);
  };
  const found = report.steps.filter(({ matched }) => matched > 0);
  return (
    <article class="import">
      <h3>{report.importId}</h3>
      <p>
        {words.imports.summary(
          formats.number(report.rowsRead),
          formats.number(report.eventsKept),
          formats.number(report.productsKept),
        )}{' '}
        {words.imports.files}: {report.files.join(', ')}
      </p>
      <Scroll label={`${words.imports.step}: ${report.importId}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">{words.imports.step}</th>
              <th scope="col" class="number">
                {words.imports.matched}
              </th>
              <th scope="col" class="number">
                {words.imports.acted}
              </th>
              <th scope="col">{words.imports.how}</th>
            </tr>
          </thead>
          <tbody>
            {found.map((one) => (
              <tr key={one.step}>
                <th scope="row">
                  {one.action === 'set-aside' && one.acted > 0 ? (
                    <button type="button" aria-expanded={step === one.step} onClick={() => void show(one.step)}>
                      {one.step}
                    </button>
                  ) : (
                    one.step
                  )}
                </th>
                <td class="number">{formats.number(one.matched)}</td>
                <td class="number">{formats.number(one.acted)}</td>
                <td>{words.imports.actions[one.action] ?? one.action}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {step !== undefined && <SetAside rows={rows} step={step} desk={desk} />}
      {report.notes && report.notes.length > 0 && (
        <details>
          <summary>{words.imports.notes}</summary>
          <ul>
            {report.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </details>
      )}
    </article>
  );
}

function SetAside({ rows, step, desk }: { rows: readonly SetAsideRow[]; step: string; desk: Desk }) {
  const { words, formats } = desk;
  return (
    <Scroll label={`${words.imports.rows}: ${step}`}>
      <table class="rows">
        <caption>
          {words.imports.rows}: {step}
        </caption>
        <thead>
          <tr>
            <th scope="col">{words.imports.file}</th>
            <th scope="col" class="number">
              {words.imports.line}
            </th>
            <th scope="col">{words.imports.reason}</th>
            <th scope="col">{words.imports.cells}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ file, line, reason, row }) => (
            <tr key={`${file} ${line}`}>
              <td>{file}</td>
              <td class="number">{formats.number(line)}</td>
              <td>{reason}</td>
              <td class="cells">
                {Object.entries(row)
                  .filter(([, value]) => value !== '')
                  .map(([name, value]) => `${name}: ${value}`)
                  .join(', ')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

export const dataView: View<Data> = {
  section: 'data',
  path: '/data',
  async load(api) {
    const [status, imports] = await Promise.all([api.status(), api.imports()]);
    return { status, imports };
  },
  Page: DataPage,
};
