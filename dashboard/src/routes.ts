/** The views of the page by their addresses. A further section of the desk is one more file and one more line here. */

import type { AnyView, Params } from './view.ts';
import { catalogueView } from './views/catalogue.tsx';
import { dataView } from './views/data.tsx';
import { productView } from './views/product.tsx';
import { shopperView, strangerView } from './views/shopper.tsx';
import { trainingView } from './views/training.tsx';
import type { Words } from './words/words.ts';

const views: readonly AnyView[] = [strangerView, shopperView, catalogueView, productView, dataView, trainingView];

/** Where each section begins. */
export const sections = [
  ['shoppers', '/'],
  ['catalogue', '/catalogue'],
  ['data', '/data'],
  ['training', '/training'],
] as const;

/** @param path - of an address, without what is asked */
export function viewAt(path: string): { readonly view: AnyView; readonly params: Params } | undefined {
  const parts = path.split('/');
  for (const view of views) {
    const wanted = view.path.split('/');
    if (wanted.length !== parts.length) continue;
    const params: Record<string, string> = {};
    const fits = wanted.every((want, n) => {
      if (!want.startsWith(':')) return want === parts[n];
      params[want.slice(1)] = decoded(parts[n]!);
      return parts[n] !== '';
    });
    if (fits) return { view, params };
  }
  return undefined;
}

/** Of a tab or window. */
export function titleAt(path: string, words: Words): string {
  const found = viewAt(path);
  const named = found && (Object.values(found.params)[0] ?? words[found.view.section]);
  return named === undefined ? words.title : `${named} · ${words.title}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
