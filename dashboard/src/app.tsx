/** The frame of the page: navigation, language, colours, and the view at the address. */
import type { ComponentChildren } from 'preact';
import { sections, viewAt } from './routes.ts';
import type { Desk } from './view.ts';
import { SignIn } from './views/sign-in.tsx';

export const themes = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

/** What the view at an address came to. */
export type Loaded =
  | { readonly data: unknown }
  /** The shop has keys, and none that holds was given. */
  | { readonly locked: true; readonly refused: boolean }
  | { readonly failed: string };

export interface AppProps {
  readonly path: string;
  readonly loaded: Loaded;
  readonly theme: Theme;
  readonly desk: Desk;
  readonly isLoading: boolean;
  readonly onTheme: (theme: Theme) => void;
  readonly onLanguage: () => void;
  readonly onKey: (key: string) => void;
  readonly onAgain: () => void;
}

export function App(props: AppProps) {
  const { path, theme, desk, isLoading, onTheme, onLanguage } = props;
  const { words } = desk;
  const here = viewAt(path)?.view.section;
  return (
    <>
      <a class="skip" href="#content">
        {words.skip}
      </a>
      <header>
        <span class="brand">{words.title}</span>
        <nav aria-label={words.sections}>
          {sections.map(([section, to]) => (
            <a key={section} href={to} aria-current={section === here ? 'page' : undefined}>
              {words[section]}
            </a>
          ))}
        </nav>
        <span class="settings">
          <label>
            <span class="unseen">{words.theme}</span>
            <select value={theme} onChange={(event) => onTheme(event.currentTarget.value as Theme)}>
              {themes.map((one) => (
                <option key={one} value={one} selected={one === theme}>
                  {words.themes[one]}
                </option>
              ))}
            </select>
          </label>
          <button type="button" onClick={onLanguage} aria-label={words.otherLanguageLabel}>
            {words.otherLanguage}
          </button>
        </span>
      </header>
      <main id="content" tabIndex={-1} aria-busy={isLoading}>
        <Content {...props} />
      </main>
    </>
  );
}

function Content({ path, loaded, desk, onKey, onAgain }: AppProps): ComponentChildren {
  const { words, language } = desk;
  const found = viewAt(path);
  if ('locked' in loaded) return <SignIn words={words} refused={loaded.refused} onKey={onKey} />;
  if ('failed' in loaded || !found)
    return (
      <section>
        <h1>{words.failed}</h1>
        {'failed' in loaded && <p>{loaded.failed}</p>}
        <button type="button" onClick={onAgain}>
          {words.again}
        </button>
      </section>
    );
  const { view, params } = found;
  return <view.Page key={`${path} ${language}`} data={loaded.data} params={params} desk={desk} />;
}
