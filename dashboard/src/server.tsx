/** The page as HTML, for its first sight and for browsers without scripts; the browser goes on from there. */
import { renderToString } from 'preact-render-to-string';
import { Api, ApiProblem, type Call } from './api.ts';
import { App, type Theme, themes } from './app.tsx';
import { loadAt } from './load.ts';
import { titleAt, viewAt } from './routes.ts';
import { formatsOf, type Language, wordsOf } from './words/words.ts';

export interface PageRequest {
  readonly path: string;
  readonly cookie: string;
  readonly acceptLanguage: string;
  /** Answers with the status and the JSON of a route of the API. */
  readonly call: (method: string, path: string, body?: unknown) => Promise<{ status: number; body: unknown }>;
  /** True where clicks may be recorded as a shopper's from the start. */
  readonly acts: boolean;
  readonly script: string;
  readonly style: string;
}

/** True where the page has something at this address. */
export const hasPage = (path: string): boolean => viewAt(path) !== undefined;

const nothing = (): undefined => undefined;

export async function renderPage(request: PageRequest): Promise<string> {
  const { path, cookie, acceptLanguage, acts } = request;
  const language = languageOf(cookie, acceptLanguage);
  const theme = themeOf(cookie);
  const call: Call = async (method, to, body) => {
    const answer = await request.call(method, to, body);
    if (answer.status >= 400) throw new ApiProblem(answer.body as ApiProblem & { detail: string });
    return answer.body;
  };
  const api = new Api(call);
  const loaded = await loadAt(path, api, { language, acts }, false);
  const words = wordsOf[language];
  const desk = { api, words, formats: formatsOf(language), language, acts, go: nothing };
  const html = renderToString(
    <App
      {...{ path, loaded, theme, desk, isLoading: false }}
      {...{ onTheme: nothing, onLanguage: nothing, onKey: nothing, onAgain: nothing }}
    />,
  );
  // Whatever a title says, it ends no script.
  const state = JSON.stringify({ path, language, theme, acts, loaded }).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="${language === 'zh' ? 'zh-CN' : 'en'}" data-theme="${theme}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(titleAt(path, words))}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${request.style}">
<body>
<div id="app">${html}</div>
<script type="application/json" id="state">${state}</script>
<script type="module" src="${request.script}"></script>
</body>
</html>
`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

function cookieOf(cookie: string, name: string): string | undefined {
  return new RegExp(`(?:^|; *)${name}=([\\w-]+)`).exec(cookie)?.[1];
}

function languageOf(cookie: string, accepted: string): Language {
  const chosen = cookieOf(cookie, 'desk-language');
  if (chosen === 'en' || chosen === 'zh') return chosen;
  return /^\s*zh/i.test(accepted) ? 'zh' : 'en';
}

function themeOf(cookie: string): Theme {
  const chosen = cookieOf(cookie, 'desk-theme');
  return themes.find((theme) => theme === chosen) ?? 'auto';
}
