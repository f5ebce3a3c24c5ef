/** Takes over the page that the server sent: calls, addresses, language, colours, key. */
import { hydrate } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Api, ApiProblem, type Call } from './api.ts';
import { App, type Loaded, type Theme } from './app.tsx';
import { loadAt } from './load.ts';
import './style.css';
import { titleAt, viewAt } from './routes.ts';
import { formatsOf, type Language, wordsOf } from './words/words.ts';

interface State {
  readonly path: string;
  readonly language: Language;
  readonly theme: Theme;
  readonly acts: boolean;
  readonly loaded: Loaded;
}

const keptKey = 'desk-key';

const call: Call = async (method, path, body) => {
  const key = sessionStorage.getItem(keptKey);
  const answer = await fetch(path, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(key !== null && { authorization: `Bearer ${key}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const read = await answer.json().catch(() => undefined);
  if (!answer.ok) throw new ApiProblem(read ?? { status: answer.status, detail: answer.statusText });
  return read;
};

function Live({ first }: { first: State }) {
  const [path, setPath] = useState(first.path);
  const [loaded, setLoaded] = useState(first.loaded);
  const [language, setLanguage] = useState(first.language);
  const [theme, setTheme] = useState(first.theme);
  const [isLoading, setLoading] = useState(false);
  const { acts } = first;
  const api = useMemo(() => new Api(call), []);

  const open = async (to: string, spoken: Language = language): Promise<void> => {
    setLoading(true);
    const hasKey = sessionStorage.getItem(keptKey) !== null;
    const next = await loadAt(to, api, { language: spoken, acts }, hasKey);
    setPath(to);
    setLoaded(next);
    setLanguage(spoken);
    setLoading(false);
  };
  const go = (to: string): void => {
    history.pushState(null, '', to);
    void open(to).then(() => {
      scrollTo(0, 0);
      document.getElementById('content')?.focus({ preventScroll: true });
    });
  };

  useEffect(() => {
    const back = (): void => void open(location.pathname);
    const click = (event: MouseEvent): void => {
      const link = (event.target as Element).closest?.('a');
      const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
      if (!link || !plain || link.origin !== location.origin || !viewAt(link.pathname) || link.hash !== '') return;
      event.preventDefault();
      go(link.pathname);
    };
    addEventListener('popstate', back);
    document.addEventListener('click', click);
    return () => {
      removeEventListener('popstate', back);
      document.removeEventListener('click', click);
    };
  });
  // A tab that has a key opens with it; the server knew of none.
  useEffect(() => {
    if ('locked' in first.loaded && sessionStorage.getItem(keptKey) !== null) void open(path);
  }, []);

  useEffect(() => {
    document.title = titleAt(path, wordsOf[language]);
  }, [path, language]);

  const keep = (name: string, value: string): void => {
    // biome-ignore lint/suspicious/noDocumentCookie: the server reads it, so that the first sight is right
    document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=strict`;
  };
  return (
    <App
      {...{ path, loaded, theme, isLoading }}
      desk={{ api, words: wordsOf[language], formats: formatsOf(language), language, acts, go }}
      onTheme={(chosen) => {
        keep('desk-theme', chosen);
        document.documentElement.dataset['theme'] = chosen;
        setTheme(chosen);
      }}
      onLanguage={() => {
        const other = language === 'en' ? 'zh' : 'en';
        keep('desk-language', other);
        document.documentElement.lang = other === 'zh' ? 'zh-CN' : 'en';
        void open(path, other);
      }}
      onKey={(key) => {
        sessionStorage.setItem(keptKey, key);
        void open(path);
      }}
      onAgain={() => void open(path)}
    />
  );
}

const state = JSON.parse(document.getElementById('state')!.textContent!) as State;
hydrate(<Live first={state} />, document.getElementById('app')!);
document.documentElement.dataset['live'] = '';
